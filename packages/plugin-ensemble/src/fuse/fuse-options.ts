import { Type, type Static } from '@etsef/plugin-api'

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
