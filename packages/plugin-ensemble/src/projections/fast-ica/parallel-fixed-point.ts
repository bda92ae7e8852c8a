import type { Crew } from '../../numeric/kernels/crew.js'
import { matrix, transpose, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { multiply, multiplyTransposed } from '../../numeric/linear-algebra/products.js'
import { symmetricEigen } from '../../numeric/linear-algebra/symmetric-eigen.js'
import { logcoshStep } from './contrast.js'

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
  options: { readonly tol: number; readonly maxIter: number; readonly crew?: Crew | undefined },
): Unmixing {
  const step = logcoshStep(white, options.crew)
  let unmixing = decorrelate(start)
  for (let iteration = 1; iteration <= options.maxIter; iteration++) {
    const next = decorrelate(step(unmixing))
    const turned = largestTurn(next, unmixing)
    unmixing = next
    if (turned < options.tol) return { unmixing, numIterations: iteration, converged: true }
  }
  return { unmixing, numIterations: options.maxIter, converged: false }
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
