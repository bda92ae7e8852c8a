import { defineOperation, Type, port, type Operation, type Static } from '@etsef/plugin-api'
import { checkSources, checkWeights, sharedSpec } from '../members/check-sources.js'

/** Options of `ensemble/fuse`. */
export const fuseOptions = Type.Object(
  {
    normalize: Type.Union([Type.Literal('none'), Type.Literal('l2')], {
      default: 'none',
      description: 'l2: scale every row of every source to length 1; none: columns as they come (published)',
    }),
    weights: Type.Union([Type.Array(Type.Number({ minimum: 0 }), { minItems: 1 }), Type.Null()], {
      default: null,
      description: 'Factor per source, in the order of the inputs; null: 1 each',
    }),
  },
  { additionalProperties: false },
)

/** See {@link fuseOptions}. */
export type FuseNodeOptions = Static<typeof fuseOptions>

/** Inputs of `ensemble/fuse`. */
export const fuseInputs = { features: port.features.many('Tables over the same rows, joined by id in this order') }

/** Outputs of `ensemble/fuse`. */
export const fuseOutputs = { features: port.features('All columns side by side, named <input>/<column>') }

/** `ensemble/fuse`. */
export const fuse: Operation = defineOperation({
  kind: 'map',
  type: 'ensemble/fuse',
  summary: 'Joins feature tables by id: all columns side by side, under their source’s name',
  cacheVersion: 2,
  draws: false,
  options: fuseOptions,
  inputs: fuseInputs,
  outputs: fuseOutputs,
  rows: 'features',
  joins: true,
  plan: ({ options, inputs, issue }) => {
    checkSources('in:features', inputs.features, issue)
    checkWeights(options.weights, inputs.features.length, 'sources', issue)
    const widths = inputs.features.map(({ value }) => value.numFeatures)
    const known = widths.every((width) => width !== undefined)
    return {
      features: {
        ...sharedSpec(inputs.features),
        numFeatures: known ? widths.reduce((sum, width) => sum + width, 0) : undefined,
      },
    }
  },
  load: async () => (await import('./fuse-node.js')).fuseNode,
})
