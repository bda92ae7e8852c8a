import { float32Exp } from './float32-exp.js'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'

/**
 * `numeric_limits<float>::min()`: where the library's gradient starts to look for the largest margin. It is above every
 * negative number, so rows with negative margins only are shifted by (almost) 0 there, which changes their rounding.
 */
const smallestNormal = 2 ** -126

/**
 * Gradient `p − y` and hessian `p (1 − p)` of the logistic loss, in float32, times the row's weight.
 *
 * @param pairs - Receives gradient and hessian of row i at `2 i` and `2 i + 1`.
 */
export function logisticGradients(
  margins: Float32Array,
  targets: Int32Array,
  weights: Float32Array,
  pairs: Float32Array,
): void {
  for (let i = 0; i < targets.length; i++) {
    const p = sigmoid(margins[i]!)
    pairs[2 * i] = Math.fround(p - targets[i]!) * weights[i]!
    pairs[2 * i + 1] = Math.fround(Math.max(Math.fround(p * Math.fround(1 - p)), 1e-16)) * weights[i]!
  }
}

/**
 * Gradient `p − y` and hessian `2 p (1 − p)` of the softmax loss, in float32, times the row's weight.
 *
 * @param margins - Class by class: `margins[k * n + i]`; pairs have the same layout.
 */
export function softmaxGradients(
  margins: Float32Array,
  targets: Int32Array,
  weights: Float32Array,
  numClasses: number,
  pairs: Float32Array,
): void {
  const n = targets.length
  const shares = new Float32Array(numClasses)
  for (let i = 0; i < n; i++) {
    softmax(margins, i, n, shares, smallestNormal)
    const weight = weights[i]!
    for (let k = 0; k < numClasses; k++) {
      const p = shares[k]!
      const at = 2 * (k * n + i)
      pairs[at] = (targets[i] === k ? Math.fround(p - 1) : p) * weight
      pairs[at + 1] = Math.max(Math.fround(Math.fround(2 * p) * Math.fround(1 - p)) * weight, 1e-16)
    }
  }
}

/** Both probabilities from one margin a row. */
export function logisticProbabilities(margins: Matrix): Matrix {
  const result = matrix(margins.numSamples, 2)
  for (let i = 0; i < margins.numSamples; i++) {
    const p = sigmoid(margins.data[i]!)
    result.data[2 * i] = 1 - p
    result.data[2 * i + 1] = p
  }
  return result
}

/** Probabilities from one margin a class, as float32 values (rows sum to 1 within 1e-6). */
export function softmaxProbabilities(margins: Matrix): Matrix {
  const { numSamples, numFeatures: width } = margins
  const result = matrix(numSamples, width)
  const source = Float32Array.from(margins.data)
  const shares = new Float32Array(width)
  for (let i = 0; i < numSamples; i++) {
    softmax(source.subarray(i * width, (i + 1) * width), 0, 1, shares, -Infinity)
    result.data.set(shares, i * width)
  }
  return result
}

function sigmoid(margin: number): number {
  return Math.fround(1 / Math.fround(1 + float32Exp(-margin)))
}

/**
 * Float32 softmax of `margins[offset + k * stride]`, as the library computes it: float64 sum of float32 exponentials.
 *
 * @param floor - Least value that margins are shifted by.
 */
function softmax(margins: Float32Array, offset: number, stride: number, out: Float32Array, floor: number): void {
  const width = out.length
  let top = floor
  for (let k = 0; k < width; k++) top = Math.max(top, margins[offset + k * stride]!)
  let sum = 0
  for (let k = 0; k < width; k++) {
    out[k] = float32Exp(Math.fround(margins[offset + k * stride]! - top))
    sum += out[k]!
  }
  const divisor = Math.fround(sum)
  for (let k = 0; k < width; k++) out[k]! /= divisor
}
