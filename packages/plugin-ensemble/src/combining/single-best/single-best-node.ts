import { PipelineError, type Static } from '@etsef/plugin-api'
import { combinerNode } from '../members/combiner-node.js'
import { labelledRows } from '../members/labelled-rows.js'
import { balancedErrorOf, loss } from '../members/losses.js'
import { recordMembers } from '../members/output.js'
import { membersOf } from '../members/read-members.js'
import type { singleBestOptions } from './single-best.js'

/** The member that is best. */
interface SingleBestModel {
  readonly kind: 'single-best'
  readonly member: string
}

/** Adapter of `ensemble/single-best`: the choice is made on val rows only; of equal members the earlier is taken. */
export const singleBestNode = combinerNode<Static<typeof singleBestOptions>, SingleBestModel>({
  kind: 'single-best',
  learn(aligned, options, ctx) {
    const members = membersOf(aligned, options.loss === 'logLoss' ? 'soft' : 'hard')
    const val = labelledRows(aligned.rows, members, 'val')
    const losses = val.members.map(({ predicted, probabilities }) => {
      if (options.loss === 'logLoss') return loss('logLoss', probabilities, val.labels)
      if (options.loss === 'balancedError') return balancedErrorOf(predicted, val.labels, probabilities.numFeatures)
      return val.labels.reduce((wrong, label, i) => wrong + (predicted[i] === label ? 0 : 1), 0) / val.labels.length
    })
    const { name } = members[losses.indexOf(Math.min(...losses))]!
    recordMembers(ctx, `val.${options.loss}`, members, losses)
    ctx.log('info', `"${name}" has the least ${options.loss} on ${val.labels.length} val rows`)
    return { kind: 'single-best', member: name }
  },
  open: ({ member }) => ({
    combine({ tables }) {
      const best = tables.find(({ name }) => name === member)
      if (!best)
        throw new PipelineError('ERR_MISSING_INPUT', {
          message: `The best member is "${member}", which is not among the members`,
          received: tables.map(({ name }) => name).join(', '),
        })
      const { scores, predicted, scoreKind } = best.value
      return { scores, predicted, scoreKind }
    },
  }),
})
