import type { Crew } from '../kernels/crew.js'
import { gramByKernel, productsByKernel } from '../kernels/products-by-kernel.js'
import type { Matrix } from './matrix.js'
import { matrix, transpose } from './matrix.js'

// Every product below adds in one order, that of the SIMD kernels: even and odd places apart, in panels of 512. So a row gives
// the same bits whether it comes alone, in plain loops, or in a table large enough for the kernels.

/** Inner length of one pass, short enough for the rows in use to stay in the processor's cache. */
const panel = 512

/** Multiplications from which copying into the kernels' memory pays. */
const large = 1e6

/**
 * `a · bᵀ`, so both operands are read along their rows.
 *
 * @param a - `[m, d]`.
 * @param b - `[n, d]`.
 * @param crew - Threads to share a large product with; the bits do not depend on them.
 * @returns `[m, n]`.
 */
export function multiplyTransposed(a: Matrix, b: Matrix, crew?: Crew): Matrix {
  const d = sameWidth(a, b)
  const isLarge = a.numSamples * b.numSamples * d > large
  const fast = isLarge ? productsByKernel(a, b, crew) : undefined
  if (fast !== undefined) return fast
  const result = matrix(a.numSamples, b.numSamples)
  for (let i = 0, at = 0; i < a.numSamples; i++) {
    for (let j = 0; j < b.numSamples; j++, at++) result.data[at] = dot(a.data, i * d, b.data, j * d, d)
  }
  return result
}

/** `a · b` for `[m, d]` and `[d, n]`. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  return multiplyTransposed(a, transpose(b))
}

/** `xᵀ · x` for `[n, d]`: `[d, d]`, symmetric to the last bit. */
export function gram(x: Matrix, crew?: Crew): Matrix {
  const isLarge = x.numSamples * x.numFeatures ** 2 > large
  return (isLarge ? gramByKernel(x, crew) : undefined) ?? plainOuterGram(transpose(x))
}

/** `x · xᵀ` for `[n, d]`: `[n, n]`, symmetric to the last bit. */
export function outerGram(x: Matrix, crew?: Crew): Matrix {
  const isLarge = x.numFeatures * x.numSamples ** 2 > large
  return (isLarge ? gramByKernel(transpose(x), crew) : undefined) ?? plainOuterGram(x)
}

/** {@link outerGram} in plain loops; only one half is computed. */
export function plainOuterGram(x: Matrix): Matrix {
  const { numSamples: n, numFeatures: d, data } = x
  const result = matrix(n, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = dot(data, i * d, data, j * d, d)
      result.data[i * n + j] = value
      result.data[j * n + i] = value
    }
  }
  return result
}

/** `x · w` for `[n, d]` and a vector of d. */
export function multiplyVector(x: Matrix, w: Float64Array): Float64Array {
  const { numSamples, numFeatures, data } = x
  const result = new Float64Array(numSamples)
  for (let i = 0; i < numSamples; i++) result[i] = dot(data, i * numFeatures, w, 0, numFeatures)
  return result
}

/** Inner product of two stretches of equal length. */
export function dot(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  let total = 0
  for (let start = 0; start < length; start += panel) {
    const end = Math.min(length, start + panel)
    let even = 0
    let odd = 0
    let k = start
    for (; k + 1 < end; k += 2) {
      even += a[aAt + k]! * b[bAt + k]!
      odd += a[aAt + k + 1]! * b[bAt + k + 1]!
    }
    if (k < end) even += a[aAt + k]! * b[bAt + k]!
    total += even + odd
  }
  return total
}

function sameWidth(a: Matrix, b: Matrix): number {
  if (a.numFeatures !== b.numFeatures)
    throw new RangeError(`product: ${a.numFeatures} columns against ${b.numFeatures}`)
  return a.numFeatures
}
