import type { Differentiable } from './differentiable.js'
import { midpointRule, type Quadrature, type QuadratureRule } from './quadrature.js'

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
 * Integrated gradients along the straight line from a baseline, at twice as many points until the values sum to the difference within 1 %.
 *
 * @param options - `maxSteps`: where the doubling ends, complete or not.
 * @see Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365. The weights of Captum's `riemann_trapezoid`
 * do not sum to 1, so it is not among the rules.
 */
export function integratedGradients(
  f: Differentiable,
  point: Float32Array,
  baseline: Float32Array,
  options: PathOptions = {},
): PathAttribution {
  return pathGradients(f, point, [baseline], options)
}

/** How far paths are followed. */
export interface PathOptions {
  /** Where on each line gradients are taken; default {@link midpointRule}. */
  readonly rule?: QuadratureRule
  /** Points on each line at first; default 16. */
  readonly minSteps?: number
  /** Where the doubling ends, complete or not; default 512. */
  readonly maxSteps?: number
  /** Residual that ends the doubling; default 1 % of the difference. */
  readonly tolerance?: number
  /** Points asked for at a time; default 16. */
  readonly batchSize?: number
}

/** The mean of {@link integratedGradients} from several baselines, without chance: it sums to the value minus the mean of theirs. */
export function pathGradients(
  f: Differentiable,
  point: Float32Array,
  baselines: readonly Float32Array[],
  { rule = midpointRule, minSteps = 16, maxSteps = 512, batchSize = 16, tolerance }: PathOptions = {},
): PathAttribution {
  const difference = differenceFrom(f, point, baselines, batchSize)
  for (let numSteps = minSteps; ; numSteps *= 2) {
    const values = weightedMean(f, point, baselines, rule(numSteps), batchSize)
    const residual = Math.abs(values.reduce((sum, value) => sum + value, 0) - difference)
    if (residual <= (tolerance ?? complete * Math.abs(difference)) || 2 * numSteps > maxSteps)
      return { values, difference, residual, numSteps }
  }
}

/** Value at the point minus the mean of those at baselines. */
function differenceFrom(
  f: Differentiable,
  point: Float32Array,
  baselines: readonly Float32Array[],
  batchSize: number,
): number {
  const found: number[] = []
  const ends = [point, ...baselines]
  for (let first = 0; first < ends.length; first += batchSize) {
    const some = ends.slice(first, first + batchSize)
    const points = new Float32Array(some.length * f.size)
    some.forEach((end, i) => {
      points.set(end, i * f.size)
    })
    found.push(...f.values(points))
  }
  const [own, ...others] = found
  return own! - others.reduce((sum, value) => sum + value, 0) / others.length
}

/** Mean over lines of the points of each; a pass may have points of several lines. */
function weightedMean(
  f: Differentiable,
  point: Float32Array,
  baselines: readonly Float32Array[],
  { shares, weights }: Quadrature,
  batchSize: number,
): Float64Array {
  const numSteps = shares.length
  const values = new Float64Array(f.size)
  const sums = new Float64Array(f.size)
  const total = baselines.length * numSteps
  for (let first = 0; first < total; first += batchSize) {
    const count = Math.min(batchSize, total - first)
    const points = new Float32Array(count * f.size)
    for (let at = 0; at < count; at++) {
      const baseline = baselines[Math.floor((first + at) / numSteps)]!
      const share = shares[(first + at) % numSteps]!
      for (let i = 0; i < f.size; i++) points[at * f.size + i] = baseline[i]! + share * (point[i]! - baseline[i]!)
    }
    const gradients = f.gradients(points)
    for (let at = 0; at < count; at++) {
      // How much it counts beside its equals: 1 for each midpoint.
      const weight = weights[(first + at) % numSteps]! * numSteps
      for (let i = 0; i < f.size; i++) sums[i]! += weight * gradients[at * f.size + i]!
      if ((first + at) % numSteps !== numSteps - 1) continue
      // The last point of a line.
      const baseline = baselines[Math.floor((first + at) / numSteps)]!
      for (let i = 0; i < f.size; i++)
        values[i]! += ((sums[i]! / numSteps) * (point[i]! - baseline[i]!)) / baselines.length
      sums.fill(0)
    }
  }
  return values
}

/**
 * Expected gradients: integrated gradients over many baselines at once, a random point on the line to each (the role that Deep SHAP has elsewhere, without its
 * rules for layers). As many points again are drawn until the values sum to the difference within 1 %.
 *
 * @param next - Uniform numbers in [0, 1).
 * @param options - `samples`: points at first, spread evenly over the baselines; `maxSamples` (default: no more): where the doubling ends, complete or not.
 * @see Erion et al. 2021, Improving performance of deep learning models with axiomatic attribution priors and expected gradients, arXiv:1906.10670
 */
export function expectedGradients(
  f: Differentiable,
  point: Float32Array,
  baselines: readonly Float32Array[],
  next: () => number,
  {
    samples,
    maxSamples = samples,
    batchSize = 16,
  }: { readonly samples: number; readonly maxSamples?: number; readonly batchSize?: number },
): PathAttribution {
  const difference = differenceFrom(f, point, baselines, batchSize)
  let values = drawnMean(f, point, baselines, next, samples, batchSize)
  for (let numSteps = samples; ; numSteps *= 2) {
    const residual = Math.abs(values.reduce((sum, value) => sum + value, 0) - difference)
    if (residual <= complete * Math.abs(difference) || 2 * numSteps > maxSamples)
      return { values, difference, residual, numSteps }
    const others = drawnMean(f, point, baselines, next, numSteps, batchSize)
    values = values.map((value, i) => (value + others[i]!) / 2)
  }
}

/** Mean over points drawn on the lines. */
function drawnMean(
  f: Differentiable,
  point: Float32Array,
  baselines: readonly Float32Array[],
  next: () => number,
  samples: number,
  batchSize: number,
): Float64Array {
  const values = new Float64Array(f.size)
  // Strata: one point in each stretch of the line.
  const rounds = Math.ceil(samples / baselines.length)
  for (let first = 0; first < samples; first += batchSize) {
    const count = Math.min(batchSize, samples - first)
    const points = new Float32Array(count * f.size)
    for (let step = 0; step < count; step++) {
      const sample = first + step
      const baseline = baselines[sample % baselines.length]!
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
  return values
}
