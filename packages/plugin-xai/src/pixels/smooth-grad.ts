import type { Differentiable } from './differentiable.js'

/**
 * SmoothGrad: the mean gradient under noise.
 *
 * @param normal - Standard normal numbers.
 * @param options - `samples`; `sigma`, the standard deviation of the noise.
 * @see Smilkov et al. 2017, SmoothGrad: removing noise by adding noise, arXiv:1706.03825
 */
export function smoothGrad(
  f: Differentiable,
  point: Float32Array,
  normal: () => number,
  { samples, sigma, batchSize = 16 }: { readonly samples: number; readonly sigma: number; readonly batchSize?: number },
): Float64Array {
  const sums = new Float64Array(f.size)
  for (let first = 0; first < samples; first += batchSize) {
    const count = Math.min(batchSize, samples - first)
    const points = new Float32Array(count * f.size)
    for (let at = 0; at < points.length; at++) points[at] = point[at % f.size]! + sigma * normal()
    f.gradients(points).forEach((gradient, at) => (sums[at % f.size]! += gradient / samples))
  }
  return sums
}
