import type { Differentiable } from './differentiable.js'

/** Attributions of the coordinates of a point. */
export interface PathAttribution {
  readonly values: Float64Array
  /** Value at the point minus value at the baseline (or their mean). */
  readonly difference: number
  /** |sum of the values − difference|. */
  readonly residual: number
  /** Points of the path that were looked at. */
  readonly numSteps: number
}

/** Distance from completeness that ends the doubling, relative to the difference. */
const complete = 0.01

/**
 * Integrated gradients along the straight line from a baseline: midpoints, twice as many until the values sum to the difference within 1 %.
 *
 * @param options - `maxSteps`: where the doubling ends, complete or not.
 * @see Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365. The trapezoid of Captum's `riemann_trapezoid` has weights
 * that do not sum to 1; midpoints have.
 */
export function integratedGradients(
  f: Differentiable,
  point: Float32Array,
  baseline: Float32Array,
  {
    minSteps = 16,
    maxSteps = 512,
    batchSize = 16,
  }: { readonly minSteps?: number; readonly maxSteps?: number; readonly batchSize?: number } = {},
): PathAttribution {
  const both = new Float32Array(2 * f.size)
  both.set(point)
  both.set(baseline, f.size)
  const [end, start] = f.values(both)
  const difference = end! - start!
  for (let numSteps = minSteps; ; numSteps *= 2) {
    const values = midpoints(f, point, baseline, numSteps, batchSize)
    const residual = Math.abs(values.reduce((sum, value) => sum + value, 0) - difference)
    if (residual <= complete * Math.abs(difference) || 2 * numSteps > maxSteps)
      return { values, difference, residual, numSteps }
  }
}

function midpoints(
  f: Differentiable,
  point: Float32Array,
  baseline: Float32Array,
  numSteps: number,
  batchSize: number,
): Float64Array {
  const sums = new Float64Array(f.size)
  for (let first = 0; first < numSteps; first += batchSize) {
    const count = Math.min(batchSize, numSteps - first)
    const points = new Float32Array(count * f.size)
    for (let step = 0; step < count; step++) {
      const share = (first + step + 0.5) / numSteps
      for (let i = 0; i < f.size; i++) points[step * f.size + i] = baseline[i]! + share * (point[i]! - baseline[i]!)
    }
    f.gradients(points).forEach((gradient, at) => (sums[at % f.size]! += gradient))
  }
  return sums.map((sum, i) => (sum / numSteps) * (point[i]! - baseline[i]!))
}

/**
 * Expected gradients: integrated gradients over many baselines at once, a random point on the line to each (the role that Deep SHAP has elsewhere, without its
 * rules for layers).
 *
 * @param next - Uniform numbers in [0, 1).
 * @param options - `samples`: points, spread evenly over the baselines; error falls with their root.
 * @see Erion et al. 2021, Improving performance of deep learning models with axiomatic attribution priors and expected gradients, arXiv:1906.10670
 */
export function expectedGradients(
  f: Differentiable,
  point: Float32Array,
  baselines: readonly Float32Array[],
  next: () => number,
  { samples, batchSize = 16 }: { readonly samples: number; readonly batchSize?: number },
): PathAttribution {
  const ends = new Float32Array((1 + baselines.length) * f.size)
  ends.set(point)
  baselines.forEach((baseline, i) => {
    ends.set(baseline, (1 + i) * f.size)
  })
  const [own, ...others] = f.values(ends)
  const difference = own! - others.reduce((sum, value) => sum + value, 0) / others.length
  const values = new Float64Array(f.size)
  for (let first = 0; first < samples; first += batchSize) {
    const count = Math.min(batchSize, samples - first)
    const points = new Float32Array(count * f.size)
    for (let step = 0; step < count; step++) {
      const sample = first + step
      const baseline = baselines[sample % baselines.length]!
      // Strata: one point in each stretch of the line.
      const rounds = Math.ceil(samples / baselines.length)
      const share = (Math.floor(sample / baselines.length) + next()) / rounds
      for (let i = 0; i < f.size; i++) points[step * f.size + i] = baseline[i]! + share * (point[i]! - baseline[i]!)
    }
    const gradients = f.gradients(points)
    for (let step = 0; step < count; step++) {
      const baseline = baselines[(first + step) % baselines.length]!
      for (let i = 0; i < f.size; i++)
        values[i]! += (gradients[step * f.size + i]! * (point[i]! - baseline[i]!)) / samples
    }
  }
  const residual = Math.abs(values.reduce((sum, value) => sum + value, 0) - difference)
  return { values, difference, residual, numSteps: samples }
}
