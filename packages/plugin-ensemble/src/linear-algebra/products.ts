import { gramByKernel } from '../kernels/gram-by-kernel.js'
import type { Matrix } from './matrix.js'
import { matrix, transpose } from './matrix.js'

/**
 * `a · bᵀ`, so both operands are read along their rows.
 *
 * @param a - `[m, d]`.
 * @param b - `[n, d]`.
 * @returns `[m, n]`.
 */
export function multiplyTransposed(a: Matrix, b: Matrix): Matrix {
  const result = matrix(a.numSamples, b.numSamples)
  addProducts(a, b, result)
  return result
}

/** Adds `a · bᵀ` to `result`, in panels along the inner dimension that keep the rows in use inside the cache. */
export function addProducts(a: Matrix, b: Matrix, result: Matrix): void {
  const d = sameWidth(a, b)
  const panel = 512
  for (let k = 0; k < d; k += panel) addPanel(a, b, result.data, k, Math.min(d, k + panel))
}

function addPanel(a: Matrix, b: Matrix, out: Float64Array, kStart: number, kEnd: number): void {
  const d = a.numFeatures
  const m = a.numSamples
  const n = b.numSamples
  const x = a.data
  const y = b.data
  const m2 = m - (m % 2)
  const n4 = n - (n % 4)
  for (let j = 0; j < n4; j += 4) {
    const y0 = j * d
    const y1 = y0 + d
    const y2 = y1 + d
    const y3 = y2 + d
    for (let i = 0; i < m2; i += 2) {
      const x0 = i * d
      const x1 = x0 + d
      let a0 = 0
      let a1 = 0
      let a2 = 0
      let a3 = 0
      let b0 = 0
      let b1 = 0
      let b2 = 0
      let b3 = 0
      for (let k = kStart; k < kEnd; k++) {
        const u = x[x0 + k]!
        const v = x[x1 + k]!
        const p = y[y0 + k]!
        const q = y[y1 + k]!
        const r = y[y2 + k]!
        const s = y[y3 + k]!
        a0 += u * p
        a1 += u * q
        a2 += u * r
        a3 += u * s
        b0 += v * p
        b1 += v * q
        b2 += v * r
        b3 += v * s
      }
      const o = i * n + j
      const l = o + n
      out[o]! += a0
      out[o + 1]! += a1
      out[o + 2]! += a2
      out[o + 3]! += a3
      out[l]! += b0
      out[l + 1]! += b1
      out[l + 2]! += b2
      out[l + 3]! += b3
    }
    for (let i = m2; i < m; i++) {
      for (let c = j; c < j + 4; c++) out[i * n + c]! += dot(x, i * d + kStart, y, c * d + kStart, kEnd - kStart)
    }
  }
  for (let j = n4; j < n; j++) {
    for (let i = 0; i < m; i++) out[i * n + j]! += dot(x, i * d + kStart, y, j * d + kStart, kEnd - kStart)
  }
}

/** `a · b` for `[m, d]` and `[d, n]`. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  return multiplyTransposed(a, transpose(b))
}

/** `xᵀ · x` for `[n, d]`: `[d, d]`, symmetric to the last bit. */
export function gram(x: Matrix): Matrix {
  const isLarge = x.numSamples * x.numFeatures ** 2 > 1e6
  return (isLarge ? gramByKernel(x) : undefined) ?? outerGram(transpose(x))
}

/** `x · xᵀ` for `[n, d]`: `[n, n]`, symmetric to the last bit; only one half is computed. */
export function outerGram(x: Matrix): Matrix {
  const { numSamples: n, numFeatures: d, data } = x
  const result = matrix(n, n)
  const out = result.data
  // Panels along the inner dimension keep the rows in use inside the cache.
  const panel = 512
  for (let k0 = 0; k0 < d; k0 += panel) {
    const kEnd = Math.min(d, k0 + panel)
    let i = 0
    for (; i + 1 < n; i += 2) {
      const [x0, x1] = [i * d, (i + 1) * d]
      let j = 0
      for (; j + 3 <= i + 1; j += 4) {
        const y0 = j * d
        const [y1, y2, y3] = [y0 + d, y0 + 2 * d, y0 + 3 * d]
        let a0 = 0
        let a1 = 0
        let a2 = 0
        let a3 = 0
        let b0 = 0
        let b1 = 0
        let b2 = 0
        let b3 = 0
        for (let k = k0; k < kEnd; k++) {
          const u = data[x0 + k]!
          const v = data[x1 + k]!
          const p = data[y0 + k]!
          const q = data[y1 + k]!
          const r = data[y2 + k]!
          const s = data[y3 + k]!
          a0 += u * p
          a1 += u * q
          a2 += u * r
          a3 += u * s
          b0 += v * p
          b1 += v * q
          b2 += v * r
          b3 += v * s
        }
        const o = i * n + j
        const q = o + n
        out[o]! += a0
        out[o + 1]! += a1
        out[o + 2]! += a2
        out[o + 3]! += a3
        out[q]! += b0
        out[q + 1]! += b1
        out[q + 2]! += b2
        out[q + 3]! += b3
      }
      for (; j <= i + 1; j++) {
        if (j <= i) out[i * n + j]! += dot(data, x0 + k0, data, j * d + k0, kEnd - k0)
        out[(i + 1) * n + j]! += dot(data, x1 + k0, data, j * d + k0, kEnd - k0)
      }
    }
    for (; i < n; i++) {
      for (let j = 0; j <= i; j++) out[i * n + j]! += dot(data, i * d + k0, data, j * d + k0, kEnd - k0)
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[j * n + i] = out[i * n + j]!
  return result
}

/** `x · w` for `[n, d]` and a vector of d. */
export function multiplyVector(x: Matrix, w: Float64Array): Float64Array {
  const { numSamples, numFeatures, data } = x
  const result = new Float64Array(numSamples)
  for (let i = 0; i < numSamples; i++) result[i] = dot(data, i * numFeatures, w, 0, numFeatures)
  return result
}

/** Inner product of two stretches of equal length, with four partial sums. */
export function dot(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let k = 0
  for (; k + 3 < length; k += 4) {
    s0 += a[aAt + k]! * b[bAt + k]!
    s1 += a[aAt + k + 1]! * b[bAt + k + 1]!
    s2 += a[aAt + k + 2]! * b[bAt + k + 2]!
    s3 += a[aAt + k + 3]! * b[bAt + k + 3]!
  }
  for (; k < length; k++) s0 += a[aAt + k]! * b[bAt + k]!
  return s0 + s1 + (s2 + s3)
}

function sameWidth(a: Matrix, b: Matrix): number {
  if (a.numFeatures !== b.numFeatures)
    throw new RangeError(`product: ${a.numFeatures} columns against ${b.numFeatures}`)
  return a.numFeatures
}
