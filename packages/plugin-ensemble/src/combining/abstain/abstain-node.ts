import type { MapImplementation, PredictionBatch, Static } from '@etsef/plugin-api'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import { abstainBelow } from './abstain-model.js'
import type { abstainOptions } from './abstain.js'
import type { abstainInputs, abstainOutputs } from '../members/ports.js'

/** The batch with −1 for rows whose margin is below `threshold`. */
export function abstainBatch(batch: PredictionBatch, threshold: number): PredictionBatch {
  const scores = matrix(batch.ids.length, batch.classNames.length, batch.scores)
  return { ...batch, predicted: abstainBelow(batch.predicted, scores, threshold) }
}

/** Adapter of `ensemble/abstain`. */
export const abstainNode: MapImplementation<
  Static<typeof abstainOptions>,
  typeof abstainInputs,
  typeof abstainOutputs
> = {
  open: ({ options }) =>
    Promise.resolve({
      apply: (batch) => {
        return Promise.resolve({ predictions: abstainBatch(batch, options.margin) })
      },
    }),
}
