/** How maps are pooled. */
export interface PoolGrid {
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Parts of height, and of width; at most the smaller of them. */
  readonly grid: number
  readonly pooling: 'average' | 'max'
}

/**
 * Each channel of each map pooled over the parts of a grid, as PyTorch's `AdaptiveAvgPool2d` and `AdaptiveMaxPool2d` cut them: part `i` of
 * `n` goes from `floor(i * size / n)` to `ceil((i + 1) * size / n)`, so that parts overlap by a row where `n` does not divide the size.
 *
 * @param maps - Row-major `[numMaps, height, width, channels]`.
 * @returns Row-major `[numMaps, grid, grid, channels]`.
 */
export function poolGrid(maps: ArrayLike<number>, { height, width, channels, grid, pooling }: PoolGrid): Float32Array {
  const mapSize = height * width * channels
  const numMaps = maps.length / mapSize
  const pooled = new Float32Array(numMaps * grid * grid * channels)
  const sums = new Float64Array(channels)
  let to = 0
  for (let map = 0; map < numMaps; map++)
    for (let row = 0; row < grid; row++)
      for (let column = 0; column < grid; column++) {
        const [top, bottom] = part(row, grid, height)
        const [left, right] = part(column, grid, width)
        sums.fill(pooling === 'max' ? -Infinity : 0)
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) {
            const from = map * mapSize + (y * width + x) * channels
            for (let channel = 0; channel < channels; channel++) {
              const value = maps[from + channel]!
              sums[channel] = pooling === 'max' ? Math.max(sums[channel]!, value) : sums[channel]! + value
            }
          }
        const count = pooling === 'max' ? 1 : (bottom - top) * (right - left)
        for (let channel = 0; channel < channels; channel++) pooled[to++] = sums[channel]! / count
      }
  return pooled
}

function part(index: number, count: number, size: number): readonly [number, number] {
  return [Math.floor((index * size) / count), Math.ceil(((index + 1) * size) / count)]
}
