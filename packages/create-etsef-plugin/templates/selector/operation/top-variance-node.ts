import { collectFeatures, PipelineError, type EstimatorImplementation, type Static } from '@etsef/plugin-api'
import { loadModel, saveModel } from '@etsef/plugin-api/models'
import { columnVariances } from './column-variances.js'
import { largest } from './largest.js'
import type { inputs, options, outputs } from './top-variance.js'

interface Model {
  readonly kind: 'top-variance'
  /** Positions of the kept columns, ascending. */
  readonly columns: readonly number[]
}
type Implementation = Required<EstimatorImplementation<Static<typeof options>, typeof inputs, typeof outputs, Model>>

export const fit: Implementation['fit'] = async ({ options: { components }, inputs: { features }, ctx }) => {
  const { features: values, featureNames } = await collectFeatures(features, ctx.signal)
  if (components > featureNames.length)
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `Cannot keep ${String(components)} of ${String(featureNames.length)} columns`,
      option: 'components',
    })
  return { kind: 'top-variance', columns: largest(columnVariances(values, featureNames.length), components) }
}

export const save: Implementation['save'] = saveModel

// `loadModel` has checked the kind, and the runner that the bytes are those that `save` wrote.
export const load: Implementation['load'] = async (dir) => (await loadModel(dir, 'top-variance')) as Model

export const open: Implementation['open'] = ({ state: { columns } }) =>
  Promise.resolve({
    apply: (batch) => {
      const width = batch.featureNames.length
      const features = new Float32Array(batch.ids.length * columns.length)
      for (let row = 0, at = 0; row < batch.ids.length; row++)
        for (const column of columns) features[at++] = batch.features[row * width + column]!
      const featureNames = columns.map((column) => batch.featureNames[column]!)
      return Promise.resolve({ features: { ...batch, features, featureNames } })
    },
  })
