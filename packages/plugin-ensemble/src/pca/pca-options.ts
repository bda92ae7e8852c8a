import { Type, type Static } from '@etsef/plugin-api'

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
