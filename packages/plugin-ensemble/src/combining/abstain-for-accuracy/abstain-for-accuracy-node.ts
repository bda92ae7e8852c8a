import { collectPredictions, PipelineError, type EstimatorImplementation, type Static } from '@etsef/plugin-api'
import { loadModel, saveModel } from '@etsef/plugin-api/models'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import { abstainBatch } from '../abstain/abstain-node.js'
import { abstentionCurve, thresholdForAccuracy, type AbstentionPoint } from '../abstain/abstain-model.js'
import type { abstainForAccuracyOptions } from './abstain-for-accuracy.js'
import type { abstainForAccuracyOutputs, abstainInputs } from '../members/ports.js'

/** The margin that was chosen, and what it gave on val. */
export interface AbstentionModel extends AbstentionPoint {
  readonly kind: 'abstention'
}

/** Adapter of `ensemble/abstain-for-accuracy`. */
export const abstainForAccuracyNode: EstimatorImplementation<
  Static<typeof abstainForAccuracyOptions>,
  typeof abstainInputs,
  typeof abstainForAccuracyOutputs,
  AbstentionModel
> = {
  fit: async ({ options, inputs, ctx }) => {
    const { predicted, scores, labels, classNames, ids } = await collectPredictions(inputs.predictions, ctx.signal)
    if (ids.length === 0)
      throw new PipelineError('ERR_TOO_FEW_ROWS', { message: 'There are no val rows to choose a margin on' })
    const table = matrix(ids.length, classNames.length, scores)
    const point = thresholdForAccuracy(predicted, table, labels, options.accuracy)
    if (point === undefined) {
      const best = Math.max(...abstentionCurve(predicted, table, labels).map(({ accuracy }) => accuracy))
      throw new PipelineError('ERR_BAD_DATA', {
        message: `No margin gives ${options.accuracy} accuracy on the ${ids.length} val rows`,
        option: 'accuracy',
        expected: `at most ${best.toFixed(3)}, the accuracy of the surest val rows`,
        received: String(options.accuracy),
        hint: 'ask for less: these predictions are not surer where they are right',
      })
    }
    ctx.metric('threshold', point.threshold)
    ctx.metric('val.coverage', point.coverage)
    ctx.metric('val.accuracy', point.accuracy)
    return { kind: 'abstention', ...point }
  },
  save: saveModel,
  // `loadModel` has checked the kind, and the runner that the bytes are those `save` wrote.
  load: async (dir) => (await loadModel(dir, 'abstention')) as AbstentionModel,
  open: ({ state }) =>
    Promise.resolve({
      apply: (batch) => {
        return Promise.resolve({ predictions: abstainBatch(batch, state.threshold) })
      },
    }),
}
