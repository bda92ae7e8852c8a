import { defineOperation, Type, type Operation, type Static } from '@etsef/plugin-api'
import { projectionPorts } from '../../adapter/ports.js'

/** Options of `ensemble/pca`. */
export const pcaOptions = Type.Object(
  {
    components: Type.Integer({
      minimum: 1,
      default: 50,
      description: 'Directions kept, largest variance first; lowered, with a warning, to min(rows, columns)',
    }),
    whiten: Type.Boolean({ default: false, description: 'Whether each component is scaled to unit variance' }),
  },
  { additionalProperties: false },
)

/** See {@link pcaOptions}. */
export type PcaNodeOptions = Static<typeof pcaOptions>

/** `ensemble/pca`. */
export const pca: Operation = defineOperation({
  ...projectionPorts('pca'),
  type: 'ensemble/pca',
  summary: 'Principal components of the training rows',
  cacheVersion: 1,
  draws: false,
  supervised: false,
  options: pcaOptions,
  load: () => import('./pca-node.js'),
})
