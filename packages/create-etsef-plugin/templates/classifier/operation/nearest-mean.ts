import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'

export const options = Type.Object(
  {
    temperature: Type.Number({
      exclusiveMinimum: 0,
      default: 1,
      description: 'Squared distance over which a probability falls by e; larger is less sure',
    }),
  },
  { additionalProperties: false },
)
export const inputs = { features: port.features('Rows; fitted on those of the train partition, applied to all') }
export const outputs = {
  predictions: port.predictions('Class probabilities'),
  model: port.model('Mean of each class', { modelKind: 'classifier', algorithm: 'nearest-mean' }),
}

/** `example/nearest-mean`. */
export const nearestMean: Operation = defineOperation({
  kind: 'estimator',
  type: 'example/nearest-mean',
  summary: 'Class probabilities by the distance to the mean of each class',
  cacheVersion: 1,
  options,
  inputs,
  outputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: true,
  load: () => import('./nearest-mean-node.js'),
})
