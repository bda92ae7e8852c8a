import type { Static } from '@etsef/plugin-api'
import { combinerNode } from '../members/combiner-node.js'
import { labelledRows } from '../members/labelled-rows.js'
import { recordMembers } from '../members/output.js'
import { membersOf, ranksOf } from '../members/read-members.js'
import { countTies } from '../members/tie-rate.js'
import { hardVote, softVote } from '../vote/vote-model.js'
import { validationWeights } from './validation-weights.js'
import type { weightedVoteOptions } from './weighted-vote.js'

/** A weight and a rank of each member. */
interface WeightedVoteModel {
  readonly kind: 'weighted-vote'
  readonly weights: Float64Array
  readonly ranks?: readonly number[]
}

/** Adapter of `ensemble/weighted-vote`: weights come from val rows only, and from none when they are given. */
export const weightedVoteNode = combinerNode<Static<typeof weightedVoteOptions>, WeightedVoteModel>({
  kind: 'weighted-vote',
  learn(aligned, options, ctx) {
    const given = options.weights
    // Shares of a mixture are learned from probabilities, whatever is counted afterwards.
    const needsProbabilities = options.voting === 'soft' || (given === null && options.rule === 'mixture')
    const members = membersOf(aligned, needsProbabilities ? 'soft' : 'hard')
    const learned = (): Float64Array => {
      const val = labelledRows(aligned.rows, members, 'val')
      return validationWeights(val.members, val.labels, options.rule)
    }
    const weights = given === null ? learned() : Float64Array.from(members, ({ name }) => given[name] ?? 0)
    recordMembers(ctx, 'weight', members, weights)
    return { kind: 'weighted-vote', weights, ...ranksOf(aligned) }
  },
  open({ weights, ranks }, { voting }, ctx) {
    const ties = countTies(ctx)
    const options = { weights: Array.from(weights), ...(ranks === undefined ? {} : { ranks }) }
    return {
      combine(aligned) {
        const vote = (voting === 'hard' ? hardVote : softVote)(membersOf(aligned, voting), options)
        ties.add(vote)
        return {
          scores: vote.scores.data,
          predicted: vote.predicted,
          scoreKind: voting === 'hard' ? 'voteShare' : 'probability',
        }
      },
      finish: ties.record,
    }
  },
})
