import { defineOperation, Type, type Operation, type Static } from '@etsef/plugin-api'
import { projectionPorts } from '../../adapter/ports.js'

/** Options of `ensemble/fast-ica`. */
export const fastIcaOptions = Type.Object(
  {
    components: Type.Integer({
      minimum: 1,
      default: 50,
      description: 'Sources to find; lowered, with a warning, to what rows, columns and rank allow (published: 50)',
    }),
    tol: Type.Number({ exclusiveMinimum: 0, default: 1e-4, description: 'Turn of the unmixing rows at which to stop' }),
    maxIter: Type.Integer({ minimum: 1, default: 200, description: 'Iterations before giving up, with a warning' }),
  },
  { additionalProperties: false },
)

/** See {@link fastIcaOptions}. */
export type FastIcaNodeOptions = Static<typeof fastIcaOptions>

/** `ensemble/fast-ica`. */
export const fastIca: Operation = defineOperation({
  ...projectionPorts('fast-ica'),
  type: 'ensemble/fast-ica',
  summary: 'Independent components by FastICA, of unit variance on the training rows: a projection, not a selection',
  cacheVersion: 1,
  supervised: false,
  options: fastIcaOptions,
  resources: () => ({ cpus: 2, memoryMb: 512 }),
  load: () => import('./fast-ica-node.js'),
})
