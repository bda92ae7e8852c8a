import { digamma } from '@etsef/distributions'
import { checkTraining, type Labels } from '@etsef/plugin-api/models'
import { transpose, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { keepBest, type SelectModel } from '../select-columns.js'

/** Distances that differ by less than this share of the values are the same distance: what float32 rounding can do. */
const sameDistance = 2 ** -22

/**
 * Mutual information between each column and the class, in nats, by nearest neighbours within the class.
 *
 * Around every row a closed interval reaches to its k-th nearest row of the class. Where several rows are that near, all
 * of them count, in the class and in the table, so repeated values (zeros of a ReLU, rounded numbers, few levels) are
 * estimated from how often they occur. Nothing is drawn and the order of the rows does not matter; scikit-learn adds noise
 * to part such rows, and without repeated values both give the same but for its rounding. Rows of a class with a single
 * row are left out.
 *
 * @param options - `neighbors`: k of the estimate, default 3.
 * @returns One score a column, ≥ 0; 0 for a constant column. Invariant to scaling a column, and to shifting it as far as
 * float32 keeps its values apart.
 * @throws PipelineError as `checkTraining`.
 * @see Ross 2014, Mutual information between discrete and continuous data sets: I = ψ(n) + ⟨ψ(k)⟩ − ⟨ψ(nₓ)⟩ − ⟨ψ(m)⟩. Gao,
 * Kannan, Oh and Viswanath 2017, Estimating mutual information for discrete-continuous mixtures (k counts all ties).
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

/** The columns of largest mutual information with the class. */
export function fitSelectMutualInformation(
  x: Matrix,
  y: Labels,
  options: { readonly components: number; readonly neighbors: number },
): SelectModel {
  return keepBest(mutualInformation(x, y, options), options.components)
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
      const centre = own[at]!
      const distance = kthDistance(own, at, k)
      const radius = distance + sameDistance * (Math.abs(centre) + distance)
      sum += digamma(countWithin(own, centre, radius) - 1) - digamma(own.length)
      sum -= digamma(countWithin(sorted, centre, radius) - 1)
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

/** Entries of a sorted list within the radius of the centre. */
function countWithin(sorted: Float64Array, centre: number, radius: number): number {
  const first = partitionPoint(sorted, (value) => centre - value <= radius)
  const end = partitionPoint(sorted, (value) => value - centre > radius)
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
