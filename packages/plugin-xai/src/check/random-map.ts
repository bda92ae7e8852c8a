import type { Rng } from '@etsef/plugin-api'
import { upsampleMap } from '../grad-cam/upsample-map.js'

/** A map that knows nothing: random values on a coarse grid, as smooth as maps of a layer are. */
export function randomMap([height, width]: readonly [number, number], rng: Rng): Float32Array {
  const cells = Float32Array.from({ length: 64 }, () => rng.next())
  return upsampleMap(cells, [8, 8], [height, width])
}
