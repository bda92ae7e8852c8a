import type { Rng } from '@etsef/plugin-api'
import type { Points } from './distances.js'

/** First two principal components of a set of points. */
export interface PlanarPca {
  /** Scores, row-major `[numSamples, 2]`. */
  readonly scores: Float64Array
  /** Variances of the two components (n − 1 in the denominator). */
  readonly variances: readonly [number, number]
}

/**
 * Scores on the first two principal components, by orthogonal iteration on the centred data in float64.
 *
 * The sign of each component is fixed so that its largest loading is positive.
 *
 * @param rng - Draws the start of the iteration; the result does not depend on it beyond rounding.
 */
export function planarPca(points: Points, rng: Rng): PlanarPca {
  const x = centred(points)
  const { numSamples, numFeatures } = points
  let basis: Float64Array[] = [0, 1].map(() => Float64Array.from({ length: numFeatures }, () => rng.normal()))
  orthonormalise(basis)
  for (let step = 0; step < 1000; step++) {
    const next = basis.map((direction) => backProject(x, project(x, direction, numFeatures), numFeatures))
    orthonormalise(next)
    const change = next.reduce((worst, direction, k) => Math.max(worst, 1 - Math.abs(dot(direction, basis[k]!))), 0)
    basis = next
    if (change < 1e-14) break
  }
  basis.forEach(fixSign)
  const [first, second] = basis.map((direction) => project(x, direction, numFeatures)) as [Float64Array, Float64Array] // two directions
  const scores = new Float64Array(numSamples * 2)
  for (let i = 0; i < numSamples; i++) {
    scores[2 * i] = first[i]!
    scores[2 * i + 1] = second[i]!
  }
  const degrees = Math.max(1, numSamples - 1)
  return { scores, variances: [dot(first, first) / degrees, dot(second, second) / degrees] }
}

function centred({ values, numSamples, numFeatures }: Points): Float64Array {
  const x = Float64Array.from(values)
  for (let k = 0; k < numFeatures; k++) {
    let mean = 0
    for (let i = 0; i < numSamples; i++) mean += x[i * numFeatures + k]! / numSamples
    for (let i = 0; i < numSamples; i++) x[i * numFeatures + k] = x[i * numFeatures + k]! - mean
  }
  return x
}

function project(x: Float64Array, direction: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: x.length / width }, (_, i) => {
    let sum = 0
    for (let k = 0; k < width; k++) sum += x[i * width + k]! * direction[k]!
    return sum
  })
}

function backProject(x: Float64Array, scores: Float64Array, width: number): Float64Array {
  const direction = new Float64Array(width)
  scores.forEach((score, i) => {
    for (let k = 0; k < width; k++) direction[k] = direction[k]! + score * x[i * width + k]!
  })
  return direction
}

/** Gram–Schmidt in place; a direction that vanishes (rank 1 data, one column) becomes 0. */
function orthonormalise(basis: readonly Float64Array[]): void {
  basis.forEach((direction, k) => {
    const before = Math.sqrt(dot(direction, direction))
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of basis.slice(0, k)) {
        const overlap = dot(direction, earlier)
        for (let i = 0; i < direction.length; i++) direction[i] = direction[i]! - overlap * earlier[i]!
      }
    }
    const length = Math.sqrt(dot(direction, direction))
    const scale = length > before * 1e-12 ? 1 / length : 0
    for (let i = 0; i < direction.length; i++) direction[i] = direction[i]! * scale
  })
}

function fixSign(direction: Float64Array): void {
  const largest = direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0)
  if (largest < 0) for (let i = 0; i < direction.length; i++) direction[i] = -direction[i]!
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
