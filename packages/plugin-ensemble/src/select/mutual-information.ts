import { checkTraining, type Labels } from '../checks/training-data.js'
import { transpose, type Matrix } from '../linear-algebra/matrix.js'
import { digamma } from '../statistics/digamma.js'
import { keepBest, type SelectModel } from './select-columns.js'

/**
 * Mutual information between each column and the class, in nats, by nearest neighbours within the class.
 *
 * Strict and deterministic: distances are compared as they are (scikit-learn adds noise and rescales first, and rounding
 * there moves the k-th neighbour, by up to .12 nats on small tables). Rows of a class with a single row are left out.
 *
 * @param options - `neighbors`: k of the estimate, default 3.
 * @returns One score a column, ≥ 0; 0 for a constant column. Invariant to scaling and shifting a column.
 * @throws PipelineError as {@link checkTraining}.
 * @see Ross 2014, Mutual information between discrete and continuous data sets: I = ψ(n) + ⟨ψ(k)⟩ − ⟨ψ(nₓ)⟩ − ⟨ψ(m)⟩.
 */
export function mutualInformation(x: Matrix, y: Labels, options: { readonly neighbors?: number } = {}): Float64Array {
  checkTraining(x, y)
  const counts = new Int32Array(y.numClasses)
  for (const label of y.labels) counts[label]!++
  const rows = Int32Array.from(y.labels.keys()).filter((i) => counts[y.labels[i]!]! > 1)
  const columns = transpose(x)
  return Float64Array.from({ length: x.numFeatures }, (_, j) => {
    const column = columns.data.subarray(j * x.numSamples, (j + 1) * x.numSamples)
    return columnInformation(column, y, rows, counts, options.neighbors ?? 3)
  })
}

/** The k columns of largest mutual information with the class. */
export function fitSelectMutualInformation(
  x: Matrix,
  y: Labels,
  options: { readonly k: number; readonly neighbors: number },
): SelectModel {
  return keepBest(mutualInformation(x, y, options), options.k)
}

function columnInformation(
  column: Float64Array,
  y: Labels,
  rows: Int32Array,
  counts: Int32Array,
  neighbors: number,
): number {
  const sorted = Float64Array.from(rows, (i) => column[i]!).sort()
  let sum = 0
  for (let label = 0; label < y.numClasses; label++) {
    if (counts[label]! < 2) continue
    const own = Float64Array.from(
      rows.filter((i) => y.labels[i] === label),
      (i) => column[i]!,
    ).sort()
    const k = Math.min(neighbors, own.length - 1)
    for (let at = 0; at < own.length; at++) {
      const radius = kthDistance(own, at, k)
      sum += digamma(k) - digamma(own.length) - digamma(countWithin(sorted, own[at]!, radius))
    }
  }
  return rows.length === 0 ? 0 : Math.max(0, digamma(rows.length) + sum / rows.length)
}

/** Distance from entry `at` of a sorted list to its k-th nearest other entry. */
function kthDistance(sorted: Float64Array, at: number, k: number): number {
  let low = at
  let high = at
  let distance = 0
  for (let taken = 0; taken < k; taken++) {
    const below = low > 0 ? sorted[at]! - sorted[low - 1]! : Infinity
    const above = high + 1 < sorted.length ? sorted[high + 1]! - sorted[at]! : Infinity
    if (below <= above) low--
    else high++
    distance = Math.min(below, above)
  }
  return distance
}

/** Entries of a sorted list nearer to the centre than the radius, the centre included; equal entries for radius 0. */
function countWithin(sorted: Float64Array, centre: number, radius: number): number {
  const isNear = (value: number): boolean => (radius === 0 ? value === centre : Math.abs(value - centre) < radius)
  const first = partitionPoint(sorted, (value) => value >= centre || isNear(value))
  const end = partitionPoint(sorted, (value) => value > centre && !isNear(value))
  return end - first
}

/** Index of the first entry that satisfies a condition which, once true, stays true. */
function partitionPoint(sorted: Float64Array, isPast: (value: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isPast(sorted[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
