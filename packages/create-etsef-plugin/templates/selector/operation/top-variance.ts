import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'

export const options = Type.Object(
  { components: Type.Integer({ minimum: 1, default: 16, description: 'Columns kept' }) },
  { additionalProperties: false },
)
export const inputs = { features: port.features('Rows; fitted on those of the train partition, applied to all') }
export const outputs = {
  features: port.features('The same rows with the kept columns'),
  model: port.model('Which columns are kept', { modelKind: 'selector', algorithm: 'top-variance' }),
}

/** `example/top-variance`. */
export const topVariance: Operation = defineOperation({
  kind: 'estimator',
  type: 'example/top-variance',
  summary: 'The columns of largest variance over training rows',
  cacheVersion: 1,
  options,
  inputs,
  outputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: false,
  plan: ({ options: { components }, inputs: { features }, issue }) => {
    const { numFeatures } = features
    if (numFeatures !== undefined && components > numFeatures)
      issue('components', `cannot keep ${String(components)} of ${String(numFeatures)} columns`)
    return { features: { numFeatures: components } }
  },
  load: () => import('./top-variance-node.js'),
})
