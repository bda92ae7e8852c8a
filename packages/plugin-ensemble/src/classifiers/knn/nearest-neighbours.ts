import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { createScreen, type Screen } from './screen.js'

/** `l1`: sum of absolute differences; `l2`: Euclidean; `cosine`: 1 − cosine of the angle, 1 where a row is all zeros. */
export type Metric = 'l1' | 'l2' | 'cosine'

/** The k nearest training rows of each query, nearest first. */
export interface Neighbours {
  /** `[numQueries, k]`. */
  readonly indices: Int32Array
  /** `[numQueries, k]`. */
  readonly distances: Float64Array
}

/**
 * Exact nearest rows by comparing every pair.
 *
 * A float32 screen first sets aside rows that are certainly too far; distances of the others are summed in float64, column
 * by column, so results do not depend on the screen.
 *
 * @param rows - Training rows; equal distances go to the earlier one.
 * @param k - 1 to the number of rows.
 */
export function nearestNeighbours(rows: Matrix, queries: Matrix, k: number, metric: Metric): Neighbours {
  return searcher(rows, metric)(queries, k)
}

/** {@link nearestNeighbours} for many batches over the same rows. */
export function searcher(rows: Matrix, metric: Metric): (queries: Matrix, k: number) => Neighbours {
  const bank = metric === 'cosine' ? unitRows(rows, 0) : rows
  const exact = metric === 'l1' ? sumDifferences : sumSquares
  const screen = createScreen(bank, metric === 'l1' ? 'l1' : 'l2')
  return (queries, k) => {
    const points = metric === 'cosine' ? unitRows(queries, 1) : queries
    const indices = new Int32Array(queries.numSamples * k)
    const keys = new Float64Array(queries.numSamples * k).fill(Infinity)
    for (let i = 0; i < queries.numSamples; i++) search({ bank, points, i, k, exact, screen }, keys, indices)
    return { indices, distances: keys.map((key) => toDistance(key, metric)) }
  }
}

function toDistance(key: number, metric: Metric): number {
  if (metric === 'l1') return key
  // For unit rows 1 − cos = half the squared distance, without the cancellation of 1 − dot.
  return metric === 'l2' ? Math.sqrt(key) : key / 2
}

type Exact = (x: Float64Array, at: number, query: Float64Array) => number

interface Search {
  readonly bank: Matrix
  readonly points: Matrix
  readonly i: number
  readonly k: number
  readonly exact: Exact
  readonly screen: Screen | undefined
}

function search({ bank, points, i, k, exact, screen }: Search, keys: Float64Array, found: Int32Array): void {
  const d = bank.numFeatures
  const query = points.data.slice(i * d, (i + 1) * d)
  const first = i * k
  const last = first + k - 1
  const rough = screen?.measure(query)
  let limit = Infinity
  for (let r = 0; r < bank.numSamples; r++) {
    if (rough !== undefined && rough[r]! > limit) continue
    const key = exact(bank.data, r * d, query)
    if (key >= keys[last]!) continue
    insert(keys, found, first, last, key, r)
    if (screen !== undefined) limit = screen.limit(keys[last]!)
  }
}

function sumDifferences(x: Float64Array, at: number, query: Float64Array): number {
  let sum = 0
  for (let j = 0; j < query.length; j++) sum += Math.abs(x[at + j]! - query[j]!)
  return sum
}

function sumSquares(x: Float64Array, at: number, query: Float64Array): number {
  let sum = 0
  for (let j = 0; j < query.length; j++) {
    const difference = x[at + j]! - query[j]!
    sum += difference * difference
  }
  return sum
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

/**
 * Rows of length 1, in a space of two more columns: a row of zeros, which has no direction, gets the one of its side. So
 * it stands at a right angle to every row of the other side, rows of zeros among them.
 */
export function unitRows({ numSamples, numFeatures: d, data }: Matrix, side: 0 | 1): Matrix {
  const result = matrix(numSamples, d + 2)
  for (let i = 0; i < numSamples; i++) {
    const v = result.data.subarray(i * (d + 2), (i + 1) * (d + 2))
    v.set(data.subarray(i * d, (i + 1) * d))
    const length = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0))
    if (length > 0) for (let j = 0; j < d; j++) v[j]! /= length
    else v[d + side] = 1
  }
  return result
}
