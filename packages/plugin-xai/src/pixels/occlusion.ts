import type { Differentiable } from './differentiable.js'

/** How {@link occlusion} slides. */
export interface OcclusionOptions {
  /** Side of the patch, in pixels. */
  readonly patch: number
  /** Pixels from a patch to the next; patches that reach over the edge are cut there. */
  readonly stride: number
  readonly batchSize?: number
}

/**
 * Occlusion: how far the value falls as a patch is put over a place; each pixel has the mean over the patches that cover it.
 *
 * @param baseline - What the patch shows.
 * @returns float64 `[height, width]`.
 * @see Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, arXiv:1311.2901; averaged as Captum's `Occlusion`
 */
export function occlusion(
  f: Pick<Differentiable, 'values' | 'size'>,
  point: Float32Array,
  baseline: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  { patch, stride, batchSize = 16 }: OcclusionOptions,
): Float64Array {
  const [own] = f.values(point)
  const starts = (size: number): number[] => {
    const count = Math.max(1, Math.ceil((size - patch) / stride) + 1)
    return Array.from({ length: count }, (_, i) => i * stride)
  }
  const corners = starts(height).flatMap((top) => starts(width).map((left) => [top, left] as const))
  const covered = ([top, left]: readonly [number, number], visit: (pixel: number) => void): void => {
    for (let y = top; y < Math.min(top + patch, height); y++)
      for (let x = left; x < Math.min(left + patch, width); x++) visit(y * width + x)
  }
  const [sums, counts] = [new Float64Array(height * width), new Float64Array(height * width)]
  for (let first = 0; first < corners.length; first += batchSize) {
    const some = corners.slice(first, first + batchSize)
    const points = new Float32Array(some.length * f.size)
    some.forEach((corner, i) => {
      points.set(point, i * f.size)
      covered(corner, (pixel) => {
        points.set(baseline.subarray(pixel * channels, (pixel + 1) * channels), i * f.size + pixel * channels)
      })
    })
    const values = f.values(points)
    some.forEach((corner, i) => {
      covered(corner, (pixel) => {
        sums[pixel]! += own! - values[i]!
        counts[pixel]!++
      })
    })
  }
  return sums.map((sum, pixel) => (counts[pixel]! > 0 ? sum / counts[pixel]! : 0))
}
