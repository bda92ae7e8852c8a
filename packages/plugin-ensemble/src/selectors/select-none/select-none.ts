import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-none`. */
export const selectNone: Operation = defineOperation({
  ...selectorPorts('select-none'),
  supervised: false,
  type: 'ensemble/select-none',
  cacheVersion: 1,
  draws: false,
  summary: 'All columns, unchanged: the control in a comparison of selectors',
  options: Type.Object({}, { additionalProperties: false }),
  plan: ({ inputs }) => ({ features: { numFeatures: inputs.features.numFeatures } }),
  load: () => import('./select-none-node.js'),
})
