import type { CombineImplementation, Static } from '@etsef/plugin-api'
import { labelledRows } from '../members/labelled-rows.js'
import { balancedErrorOf, loss } from '../members/losses.js'
import type { singleBestOptions } from './single-best.js'
import { predictionsOf, recordMembers } from '../members/output.js'
import type { combinedOutputs, memberInputs } from '../members/ports.js'
import { membersOf, readMembers } from '../members/read-members.js'

/** Adapter of `ensemble/single-best`: the choice is made on val rows only; of equal members the earlier is taken. */
export const singleBestNode: CombineImplementation<
  Static<typeof singleBestOptions>,
  typeof memberInputs,
  typeof combinedOutputs
> = {
  run: async ({ options, inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const { rows } = aligned
    const members = membersOf(aligned, options.loss === 'logLoss' ? 'soft' : 'hard')
    const val = labelledRows(rows, members, 'val')
    const losses = val.members.map(({ predicted, probabilities }) => {
      if (options.loss === 'logLoss') return loss('logLoss', probabilities, val.labels)
      if (options.loss === 'balancedError') return balancedErrorOf(predicted, val.labels, probabilities.numFeatures)
      return val.labels.reduce((wrong, label, i) => wrong + (predicted[i] === label ? 0 : 1), 0) / val.labels.length
    })
    const { name, value } = aligned.tables[losses.indexOf(Math.min(...losses))]!
    recordMembers(ctx, `val.${options.loss}`, members, losses)
    ctx.log('info', `"${name}" has the least ${options.loss} on ${val.labels.length} val rows`)
    return predictionsOf(rows, value.scores, value.predicted, value.scoreKind)
  },
}
