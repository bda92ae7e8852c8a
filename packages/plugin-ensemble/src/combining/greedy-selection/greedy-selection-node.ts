import type { CombineImplementation, Static } from '@etsef/plugin-api'
import { softVote } from '../vote/vote-model.js'
import { greedySelection } from './greedy-selection-model.js'
import { labelledRows } from '../members/labelled-rows.js'
import type { greedySelectionOptions } from './greedy-selection.js'
import { predictionsOf, recordMembers } from '../members/output.js'
import type { combinedOutputs, memberInputs } from '../members/ports.js'
import { membersOf, ranksOf, readMembers } from '../members/read-members.js'

/** Adapter of `ensemble/greedy-selection`: selects on val rows only, and logs each round. */
export const greedySelectionNode: CombineImplementation<
  Static<typeof greedySelectionOptions>,
  typeof memberInputs,
  typeof combinedOutputs
> = {
  run: async ({ options, inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const { rows } = aligned
    const members = membersOf(aligned, 'soft')
    const val = labelledRows(rows, members, 'val')
    const { weights, order, losses, numRounds } = greedySelection(val.members, val.labels, options, ctx.rng('ties'))
    losses.forEach((value, round) => ctx.metric(`val.${options.loss}`, value, round + 1))
    ctx.metric('rounds', numRounds)
    recordMembers(ctx, 'weight', members, weights)
    const names = order.slice(0, numRounds).map((m) => members[m]!.name)
    ctx.log('info', `Learned from ${val.labels.length} val rows; taken in order: ${names.join(', ')}`)
    const vote = softVote(members, { weights: Array.from(weights), ...ranksOf(aligned) })
    ctx.metric('tieRate', vote.tieRate)
    return predictionsOf(rows, vote.scores.data, vote.predicted, 'probability')
  },
}
