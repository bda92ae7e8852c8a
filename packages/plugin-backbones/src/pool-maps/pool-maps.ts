import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'

/** Options of `backbones/pool-maps`. */
export const poolMapsOptions = Type.Object(
  {
    pooling: Type.Enum(['average', 'max'], {
      default: 'average',
      description: 'average: how much of a channel there is; max: whether it is anywhere',
    }),
    grid: Type.Integer({
      minimum: 1,
      maximum: 16,
      default: 1,
      description: 'Parts that height and width are pooled in: 1 over all of a map, 2 by quarters',
    }),
  },
  { additionalProperties: false },
)

/** Inputs of `backbones/pool-maps`. */
export const poolMapsInputs = { maps: port.tensor('maps: [height, width, channels]') }
/** Outputs of `backbones/pool-maps`. */
export const poolMapsOutputs = { features: port.features('a column for each channel and part') }

/** `backbones/pool-maps`. */
export const poolMaps: Operation = defineOperation({
  kind: 'map',
  type: 'backbones/pool-maps',
  summary: 'Features of maps: each channel pooled, over all of it or by parts of a grid',
  cacheVersion: 1,
  draws: false,
  options: poolMapsOptions,
  inputs: poolMapsInputs,
  outputs: poolMapsOutputs,
  rows: 'maps',
  load: () => import('./pool-maps-node.js'),
})
