import type { CombineImplementation, Static } from '@etsef/plugin-api'
import { hardVote, softVote } from '../vote/vote-model.js'
import { labelledRows } from '../members/labelled-rows.js'
import type { weightedVoteOptions } from './weighted-vote.js'
import { predictionsOf, recordMembers } from '../members/output.js'
import type { combinedOutputs, memberInputs } from '../members/ports.js'
import { membersOf, ranksOf, readMembers } from '../members/read-members.js'
import { validationWeights } from './validation-weights.js'

/** Adapter of `ensemble/weighted-vote`: reads labels of val rows only, and of none when weights are given. */
export const weightedVoteNode: CombineImplementation<
  Static<typeof weightedVoteOptions>,
  typeof memberInputs,
  typeof combinedOutputs
> = {
  run: async ({ options, inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const { rows } = aligned
    const isHard = options.voting === 'hard'
    // Shares of a mixture are learned from probabilities, whatever is counted afterwards.
    const needsProbabilities = !isHard || (options.weights === null && options.rule === 'mixture')
    const members = membersOf(aligned, needsProbabilities ? 'soft' : 'hard')
    let weights: ArrayLike<number>
    if (options.weights === null) {
      const val = labelledRows(rows, members, 'val')
      weights = validationWeights(val.members, val.labels, options.rule)
    } else {
      const given = options.weights
      weights = members.map(({ name }) => given[name] ?? 0)
    }
    const vote = (isHard ? hardVote : softVote)(members, { weights: Array.from(weights), ...ranksOf(aligned) })
    recordMembers(ctx, 'weight', members, weights)
    ctx.metric('tieRate', vote.tieRate)
    return predictionsOf(rows, vote.scores.data, vote.predicted, isHard ? 'voteShare' : 'probability')
  },
}
