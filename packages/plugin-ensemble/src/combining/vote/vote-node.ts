import { combinerNode } from '../members/combiner-node.js'
import { membersOf, ranksOf } from '../members/read-members.js'
import { countTies } from '../members/tie-rate.js'
import { hardVote, softVote } from './vote-model.js'
import type { VoteNodeOptions } from './vote.js'

/** What a vote has learned: who decides ties. */
interface VoteModel {
  readonly kind: 'vote'
  /** Rank of each member on the val rows, 1 the best. */
  readonly ranks?: readonly number[]
}

/** Adapter of `ensemble/vote`. */
export const voteNode = combinerNode<VoteNodeOptions, VoteModel>({
  kind: 'vote',
  learn: (aligned) => ({ kind: 'vote', ...ranksOf(aligned) }),
  open({ ranks }, { voting, weights, unresolved }, ctx) {
    const ties = countTies(ctx)
    const options = { unresolved, ...(weights === null ? {} : { weights }), ...(ranks === undefined ? {} : { ranks }) }
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
