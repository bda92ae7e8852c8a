import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-variance`. */
export const selectVariance: Operation = defineOperation({
  ...selectorPorts('select-variance'),
  supervised: false,
  type: 'ensemble/select-variance',
  cacheVersion: 1,
  draws: false,
  summary: 'Columns whose variance on the training rows exceeds a threshold; 0 drops constant ones',
  options: Type.Object(
    { threshold: Type.Number({ minimum: 0, default: 0, description: 'Variance a kept column exceeds' }) },
    { additionalProperties: false },
  ),
  load: () => import('./select-variance-node.js'),
})
