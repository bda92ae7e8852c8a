import { matrix, type Matrix } from '../linear-algebra/matrix.js'

/** `l1`: sum of absolute differences; `l2`: Euclidean; `cosine`: 1 − cosine of the angle. */
export type Metric = 'l1' | 'l2' | 'cosine'

/** The k nearest training rows of each query, nearest first. */
export interface Neighbours {
  /** `[numQueries, k]`. */
  readonly indices: Int32Array
  /** `[numQueries, k]`. */
  readonly distances: Float64Array
}

/**
 * Exact nearest rows by comparing every pair, giving up on a pair as soon as its partial sum is out of the running.
 *
 * @param rows - Training rows; equal distances go to the earlier one.
 * @param k - 1 to the number of rows.
 */
export function nearestNeighbours(rows: Matrix, queries: Matrix, k: number, metric: Metric): Neighbours {
  const [bank, points] = metric === 'cosine' ? [unitRows(rows), unitRows(queries)] : [rows, queries]
  const indices = new Int32Array(queries.numSamples * k)
  const keys = new Float64Array(queries.numSamples * k).fill(Infinity)
  const search = metric === 'l1' ? searchL1 : searchSquares
  for (let i = 0; i < queries.numSamples; i++) search(bank, points, i, k, keys, indices)
  return { indices, distances: keys.map((key) => toDistance(key, metric)) }
}

function toDistance(key: number, metric: Metric): number {
  if (metric === 'l1') return key
  // For unit rows 1 − cos = half the squared distance, without the cancellation of 1 − dot.
  return metric === 'l2' ? Math.sqrt(key) : key / 2
}

const stride = 16

function searchL1(bank: Matrix, points: Matrix, i: number, k: number, keys: Float64Array, found: Int32Array): void {
  const d = bank.numFeatures
  const x = bank.data
  const q = points.data.slice(i * d, (i + 1) * d)
  const last = (i + 1) * k - 1
  let worst = Infinity
  for (let r = 0, at = 0; r < bank.numSamples; r++, at += d) {
    let sum = 0
    for (let j = 0; j < d;) {
      const end = Math.min(d, j + stride)
      for (; j < end; j++) sum += Math.abs(x[at + j]! - q[j]!)
      if (sum >= worst) break
    }
    if (sum < worst) {
      insert(keys, found, i * k, last, sum, r)
      worst = keys[last]!
    }
  }
}

function searchSquares(
  bank: Matrix,
  points: Matrix,
  i: number,
  k: number,
  keys: Float64Array,
  found: Int32Array,
): void {
  const d = bank.numFeatures
  const x = bank.data
  const q = points.data.slice(i * d, (i + 1) * d)
  const last = (i + 1) * k - 1
  let worst = Infinity
  for (let r = 0, at = 0; r < bank.numSamples; r++, at += d) {
    let sum = 0
    for (let j = 0; j < d;) {
      const end = Math.min(d, j + stride)
      for (; j < end; j++) {
        const difference = x[at + j]! - q[j]!
        sum += difference * difference
      }
      if (sum >= worst) break
    }
    if (sum < worst) {
      insert(keys, found, i * k, last, sum, r)
      worst = keys[last]!
    }
  }
}

/** Puts a key into its place of a sorted stretch, after equal ones; the last entry falls out. */
function insert(keys: Float64Array, found: Int32Array, first: number, last: number, key: number, row: number): void {
  let at = last
  while (at > first && keys[at - 1]! > key) {
    keys[at] = keys[at - 1]!
    found[at] = found[at - 1]!
    at--
  }
  keys[at] = key
  found[at] = row
}

function unitRows(x: Matrix): Matrix {
  const { numSamples, numFeatures } = x
  const result = matrix(numSamples, numFeatures, x.data.slice())
  for (let i = 0; i < numSamples; i++) {
    const v = result.data.subarray(i * numFeatures, (i + 1) * numFeatures)
    const length = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0))
    if (length > 0) for (let j = 0; j < numFeatures; j++) v[j]! /= length
  }
  return result
}
