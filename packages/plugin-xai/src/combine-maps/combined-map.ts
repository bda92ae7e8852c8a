import { normalizeMap } from '../grad-cam/normalize-map.js'

/**
 * Maps of one picture as one: of each the positive part divided by its maximum, then their mean or their maximum, place by place.
 *
 * Raw maps of layers and of networks have no common scale. A map without positive evidence counts as zeros; 1 is where all have their maximum.
 * pytorch-grad-cam 1.5 (`aggregate_multi_layers`) takes the mean of maps that are scaled between minimum and maximum, which is the same wherever the
 * cut map touches zero.
 *
 * @param maps - At least one, of one shape.
 */
export function combinedMap(maps: readonly ArrayLike<number>[], by: 'mean' | 'max'): Float64Array {
  const parts = maps.map((map) => normalizeMap(map).values)
  return Float64Array.from({ length: parts[0]!.length }, (_, at) =>
    by === 'mean'
      ? parts.reduce((sum, part) => sum + part[at]!, 0) / parts.length
      : parts.reduce((most, part) => Math.max(most, part[at]!), 0),
  )
}
