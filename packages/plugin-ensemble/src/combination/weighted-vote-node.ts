import type { CombineImplementation, Static } from '@etsef/plugin-api'
import { hardVote, softVote } from '../vote/vote.js'
import { labelledRows } from './labelled-rows.js'
import type { weightedVoteOptions } from './operations.js'
import { predictionsOf, recordMembers } from './output.js'
import type { combinedOutputs, memberInputs } from './ports.js'
import { readMembers, withDecisions, withProbabilities } from './read-members.js'
import { rankMembers, validationWeights } from './validation-weights.js'

/** Adapter of `ensemble/weighted-vote`: reads labels of val rows only, and of none when weights are given. */
export const weightedVoteNode: CombineImplementation<
  Static<typeof weightedVoteOptions>,
  typeof memberInputs,
  typeof combinedOutputs
> = {
  run: async ({ options, inputs, ctx }) => {
    const { rows, members: read } = await readMembers(inputs.predictions, ctx.signal)
    const isHard = options.voting === 'hard'
    // Shares of a mixture are learned from probabilities, whatever is counted afterwards.
    const needsProbabilities = !isHard || (options.weights === null && options.rule === 'mixture')
    const members = needsProbabilities ? withProbabilities(read) : withDecisions(read)
    let weights: ArrayLike<number>
    let ranks: readonly number[] | undefined
    if (options.weights === null) {
      const val = labelledRows(rows, members, 'val')
      weights = validationWeights(val.members, val.labels, options.rule)
      ranks = rankMembers(val.members, val.labels)
    } else {
      const given = options.weights
      weights = members.map(({ name }) => given[name] ?? 0)
    }
    const vote = (isHard ? hardVote : softVote)(members, { weights: Array.from(weights), ...(ranks && { ranks }) })
    recordMembers(ctx, 'weight', members, weights)
    ctx.metric('tieRate', vote.tieRate)
    return predictionsOf(rows, vote.scores, vote.predicted, isHard ? 'voteShare' : 'probability')
  },
}
