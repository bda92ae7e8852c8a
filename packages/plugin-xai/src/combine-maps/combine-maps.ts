import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'

/** Options of `xai/combine-maps`. */
export const combineMapsOptions = Type.Object(
  {
    combine: Type.Enum(['mean', 'max'], {
      default: 'mean',
      description:
        'Place by place, of maps whose positive part is divided by its maximum: mean (published), or maximum',
    }),
  },
  { additionalProperties: false },
)

/** Options of `xai/combine-maps`, defaults filled in. */
export type CombineMapsOptions = Static<typeof combineMapsOptions>

/** Inputs of `xai/combine-maps`. */
export const combineMapsInputs = {
  attributions: port.attributions.many('maps of the same rows and classes, e.g. of each base model'),
}

/** Outputs of `xai/combine-maps`. */
export const combineMapsOutputs = {
  attributions: port.attributions('a map [height, width] for each row: 1 where every map has its maximum'),
}

/** `xai/combine-maps`. */
export const combineMaps: Operation = defineOperation({
  kind: 'combine',
  type: 'xai/combine-maps',
  summary: 'The combined map of several base models: their maps, each divided by its maximum, as one',
  cacheVersion: 1,
  draws: false,
  options: combineMapsOptions,
  inputs: combineMapsInputs,
  outputs: combineMapsOutputs,
  load: () => import('./combine-maps-node.js'),
})
