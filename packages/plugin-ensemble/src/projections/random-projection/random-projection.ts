import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { projectionPorts } from '../../adapter/ports.js'

/** `ensemble/random-projection`. */
export const randomProjection: Operation = defineOperation({
  ...projectionPorts('random-projection'),
  type: 'ensemble/random-projection',
  summary: 'A Gaussian random projection: the control for projections that learn',
  cacheVersion: 1,
  supervised: false,
  options: Type.Object(
    { components: Type.Integer({ minimum: 1, default: 50, description: 'Width of the result' }) },
    { additionalProperties: false },
  ),
  plan: ({ options }) => ({ features: { numFeatures: options.components } }),
  load: () => import('./random-projection-node.js'),
})
