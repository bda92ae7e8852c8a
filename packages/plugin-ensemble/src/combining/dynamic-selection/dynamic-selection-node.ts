import { collectFeatures, joinRows, PipelineError, type CombineImplementation, type Static } from '@etsef/plugin-api'
import { featureMatrix } from '../../adapter/feature-table.js'
import { takeRows } from '../../numeric/linear-algebra/matrix.js'
import { dynamicSelection } from './dynamic-selection-model.js'
import { labelledRows } from '../members/labelled-rows.js'
import type { dynamicSelectionOptions } from './dynamic-selection.js'
import { predictionsOf } from '../members/output.js'
import type { combinedOutputs, dynamicSelectionInputs } from '../members/ports.js'
import { membersOf, ranksOf, readMembers } from '../members/read-members.js'

/** Adapter of `ensemble/dynamic-selection`: neighbours are val rows only. */
export const dynamicSelectionNode: CombineImplementation<
  Static<typeof dynamicSelectionOptions>,
  typeof dynamicSelectionInputs,
  typeof combinedOutputs
> = {
  run: async ({ options, inputs, ctx }) => {
    const aligned = await readMembers(inputs.predictions, ctx.signal)
    const { rows } = aligned
    const members = membersOf(aligned, 'hard')
    const features = await collectFeatures(inputs.features, ctx.signal)
    const x = takeRows(featureMatrix(features), joinRows(rows, features, { left: 'predictions', right: 'features' }))
    const known = labelledRows(rows, members, 'val')
    if (known.indices.length < 2) {
      throw new PipelineError('ERR_TOO_FEW_ROWS', {
        message: 'Dynamic selection needs two val rows or more',
        expected: '2 or more',
        received: String(known.indices.length),
      })
    }
    if (known.indices.length <= options.neighbors) {
      ctx.log(
        'warn',
        `neighbors: ${options.neighbors} is lowered to ${known.indices.length - 1}, as there are ${known.indices.length} val rows`,
      )
    }
    const selection = dynamicSelection(members, x, known.indices, known.labels, {
      ...options,
      ...ranksOf(aligned),
    })
    ctx.metric('meanSelected', selection.meanSelected)
    ctx.metric('tieRate', selection.tieRate)
    return predictionsOf(rows, selection.scores.data, selection.predicted, 'voteShare')
  },
}
