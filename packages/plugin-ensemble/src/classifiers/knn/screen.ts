import { openKernels } from '../../numeric/kernels/kernels.js'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'

/** Rough distances from a query to every row, and how far they can be trusted. */
export interface Screen {
  /** Float32 sums (`l1`) or sums of squares (`l2`) for every row; a view that the next call overwrites. */
  measure(query: Float64Array): Float32Array
  /** Rows whose rough distance exceeds this are farther than `key` for certain; valid for the last measured query. */
  limit(key: number): number
}

/** Numbers beyond this are left to float64: their squares would leave the range of float32. */
const mostMagnitude = 1e15

/**
 * A float32 screen by the SIMD kernel.
 *
 * Rounding a value to float32 moves it by at most 2⁻²⁴ of its size, and adding d terms of one sign by (d + 2) 2⁻²⁴ of their sum;
 * limits are widened by more than both.
 *
 * @returns `undefined` for values beyond 1e15, few rows, or where the kernels cannot be had.
 */
export function createScreen(bank: Matrix, metric: 'l1' | 'l2'): Screen | undefined {
  const { numSamples: n, numFeatures: d } = bank
  const largest = bank.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (n < 64 || largest > mostMagnitude) return undefined
  const width = 4 * Math.ceil(d / 4)
  const opened = openKernels(4 * (n * width + width + n) + 64)
  if (opened === undefined) return undefined
  const { exports, buffer } = opened
  const rows = new Float32Array(buffer, 0, n * width)
  const queryAt = 4 * n * width
  const outAt = queryAt + 4 * width
  const query = new Float32Array(buffer, queryAt, width)
  const out = new Float32Array(buffer, outAt, n)
  for (let i = 0; i < n; i++) rows.set(bank.data.subarray(i * d, (i + 1) * d), i * width)
  const run = metric === 'l1' ? exports.screenL1 : exports.screenL2
  const relative = 1 + (d + 16) * 2 ** -22
  let absolute = 0
  return {
    measure: (point) => {
      const own = point.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      // A query out of range has no certain distances; an infinite slack lets every row through.
      absolute = own > mostMagnitude ? Infinity : (largest + own) * 2 ** -22
      query.set(point)
      run(0, queryAt, outAt, n, width)
      return out
    },
    // Each of d differences may be off by `absolute`; for squares that is a distance of √d · absolute.
    limit: (key) =>
      metric === 'l1' ? (key + d * absolute) * relative : (Math.sqrt(key) + Math.sqrt(d) * absolute) ** 2 * relative,
  }
}
