import type { OperationContext, Static } from '@etsef/plugin-api'
import { combinerNode } from '../members/combiner-node.js'
import { labelledRows } from '../members/labelled-rows.js'
import { recordMembers } from '../members/output.js'
import { membersOf, ranksOf } from '../members/read-members.js'
import { countTies } from '../members/tie-rate.js'
import { softVote } from '../vote/vote-model.js'
import { greedySelection } from './greedy-selection-model.js'
import type { greedySelectionOptions } from './greedy-selection.js'

/** How often each member was taken, as a share, and its rank. */
interface GreedySelectionModel {
  readonly kind: 'greedy-selection'
  readonly weights: Float64Array
  readonly ranks?: readonly number[]
}

/** Adapter of `ensemble/greedy-selection`: selects on val rows only, and logs each round. */
export const greedySelectionNode = combinerNode<
  Static<typeof greedySelectionOptions>,
  GreedySelectionModel,
  OperationContext
>({
  kind: 'greedy-selection',
  learn(aligned, options, ctx) {
    const members = membersOf(aligned, 'soft')
    const val = labelledRows(aligned.rows, members, 'val')
    const { weights, order, losses, numRounds } = greedySelection(val.members, val.labels, options, ctx.rng('ties'))
    losses.forEach((value, round) => ctx.metric(`val.${options.loss}`, value, round + 1))
    ctx.metric('rounds', numRounds)
    recordMembers(ctx, 'weight', members, weights)
    const names = order.slice(0, numRounds).map((m) => members[m]!.name)
    ctx.log('info', `Learned from ${val.labels.length} val rows; taken in order: ${names.join(', ')}`)
    return { kind: 'greedy-selection', weights, ...ranksOf(aligned) }
  },
  open({ weights, ranks }, _options, ctx) {
    const ties = countTies(ctx)
    const options = { weights: Array.from(weights), ...(ranks === undefined ? {} : { ranks }) }
    return {
      combine(aligned) {
        const vote = softVote(membersOf(aligned, 'soft'), options)
        ties.add(vote)
        return { scores: vote.scores.data, predicted: vote.predicted, scoreKind: 'probability' }
      },
      finish: ties.record,
    }
  },
})
