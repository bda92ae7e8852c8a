import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { projectionPorts } from '../../adapter/ports.js'

/** `ensemble/standardize`. */
export const standardize: Operation = defineOperation({
  ...projectionPorts('standardize'),
  type: 'ensemble/standardize',
  summary: 'Columns with mean 0 and standard deviation 1 on the training rows',
  cacheVersion: 1,
  draws: false,
  supervised: false,
  options: Type.Object({}, { additionalProperties: false }),
  plan: ({ inputs }) => ({ features: { numFeatures: inputs.features.numFeatures } }),
  load: () => import('./standardize-node.js'),
})
