import { matrix, transpose, type Matrix } from '../linear-algebra/matrix.js'
import { addProducts, multiply, multiplyTransposed } from '../linear-algebra/products.js'
import { symmetricEigen } from '../linear-algebra/symmetric-eigen.js'

/** Where the fixed-point iteration ended. */
export interface Unmixing {
  /** `[k, k]` with orthonormal rows. */
  readonly unmixing: Matrix
  readonly numIterations: number
  readonly converged: boolean
}

/**
 * All rows of the unmixing matrix at once: `W⁺ = E[tanh(W z) zᵀ] − E[1 − tanh²(W z)] W`, made orthonormal each time.
 *
 * @param white - `[numSamples, k]`, uncorrelated columns of mean square 1.
 * @param start - `[k, k]`, of full rank.
 * @see Hyvärinen 1999, Fast and robust fixed-point algorithms for independent component analysis, eq. 20.
 */
export function findUnmixing(
  white: Matrix,
  start: Matrix,
  options: { readonly tol: number; readonly maxIter: number },
): Unmixing {
  const whiteByComponent = transpose(white)
  const sources = matrix(start.numSamples, white.numSamples)
  let unmixing = decorrelate(start)
  for (let iteration = 1; iteration <= options.maxIter; iteration++) {
    const next = decorrelate(step(unmixing, white, whiteByComponent, sources))
    const turned = largestTurn(next, unmixing)
    unmixing = next
    if (turned < options.tol) return { unmixing, numIterations: iteration, converged: true }
  }
  return { unmixing, numIterations: options.maxIter, converged: false }
}

function step(unmixing: Matrix, white: Matrix, whiteByComponent: Matrix, sources: Matrix): Matrix {
  sources.data.fill(0)
  addProducts(unmixing, white, sources)
  const slopes = tanhRows(sources)
  const next = multiplyTransposed(sources, whiteByComponent)
  const k = unmixing.numSamples
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const at = i * k + j
      next.data[at] = next.data[at]! / white.numSamples - slopes[i]! * unmixing.data[at]!
    }
  }
  return next
}

/** Replaces every value by its tanh; returns the mean of 1 − tanh² of each row. */
function tanhRows(sources: Matrix): Float64Array {
  const { numSamples: k, numFeatures: n, data } = sources
  const slopes = new Float64Array(k)
  for (let i = 0; i < k; i++) {
    let sum = 0
    for (let at = i * n; at < (i + 1) * n; at++) {
      const t = Math.tanh(data[at]!)
      data[at] = t
      sum += 1 - t * t
    }
    slopes[i] = sum / n
  }
  return slopes
}

/** `(W Wᵀ)^(−1/2) W`: the nearest matrix with orthonormal rows. */
function decorrelate(w: Matrix): Matrix {
  const { values, vectors } = symmetricEigen(multiplyTransposed(w, w))
  const k = w.numSamples
  const scaled = matrix(k, k, vectors.data.slice())
  for (let r = 0; r < k; r++) {
    const scale = 1 / Math.sqrt(Math.max(values[r]!, Number.MIN_VALUE))
    for (let j = 0; j < k; j++) scaled.data[r * k + j]! *= scale
  }
  return multiply(multiply(transpose(vectors), scaled), w)
}

/** Largest deviation from 1 of |cosine| between old and new rows. */
function largestTurn(next: Matrix, previous: Matrix): number {
  const k = next.numSamples
  let worst = 0
  for (let i = 0; i < k; i++) {
    let cosine = 0
    for (let j = 0; j < k; j++) cosine += next.data[i * k + j]! * previous.data[i * k + j]!
    worst = Math.max(worst, Math.abs(Math.abs(cosine) - 1))
  }
  return worst
}
