import { collectFeatures, rowsOf, type EstimatorImplementation, type Static } from '@etsef/plugin-api'
import { loadModel, saveModel } from '@etsef/plugin-api/models'
import { classMeans, probabilitiesByDistance } from './class-means.js'
import type { inputs, options, outputs } from './nearest-mean.js'

interface Model {
  readonly kind: 'nearest-mean'
  /** Row-major `[numClasses, numFeatures]`. */
  readonly means: Float64Array
  readonly numClasses: number
}
type Implementation = Required<EstimatorImplementation<Static<typeof options>, typeof inputs, typeof outputs, Model>>

export const fit: Implementation['fit'] = async ({ inputs: { features }, ctx }) => {
  const table = await collectFeatures(features, ctx.signal)
  const numClasses = table.classNames.length
  const means = classMeans(table.features, table.labels, { numClasses, numFeatures: table.featureNames.length })
  return { kind: 'nearest-mean', means, numClasses }
}

export const save: Implementation['save'] = saveModel

// `loadModel` has checked the kind, and the runner that the bytes are those that `save` wrote.
export const load: Implementation['load'] = async (dir) => (await loadModel(dir, 'nearest-mean')) as Model

export const open: Implementation['open'] = ({ state: { means, numClasses }, options: { temperature } }) =>
  Promise.resolve({
    apply: (batch) => {
      const numFeatures = batch.featureNames.length
      const scores = new Float64Array(batch.ids.length * numClasses)
      const predicted = new Int32Array(batch.ids.length)
      for (let row = 0; row < batch.ids.length; row++) {
        const values = batch.features.subarray(row * numFeatures, (row + 1) * numFeatures)
        const probabilities = probabilitiesByDistance(values, means, temperature)
        scores.set(probabilities, row * numClasses)
        predicted[row] = probabilities.indexOf(Math.max(...probabilities))
      }
      const predictions = {
        kind: 'predictions',
        ...rowsOf(batch),
        scores,
        scoreKind: 'probability',
        predicted,
      } as const
      return Promise.resolve({ predictions })
    },
  })
