import type { SortedColumns } from '../../numeric/trees/sorted-columns.js'
import { quantiles, type Ranked } from './quantiles.js'

/** Columns in bins: neighbouring values share one. */
export interface BinnedColumns {
  readonly numSamples: number
  readonly numFeatures: number
  /** Bins of each column; 1 for a constant one. */
  readonly numBins: Int32Array
  /** Most bins of any column, and the places of each column in `edges`. */
  readonly stride: number
  /** Column-major: `bins[j * numSamples + i]`. */
  readonly bins: Uint8Array | Uint16Array
  /** `edges[j * stride + b]` is the lowest value of bin b of column j, for b ≥ 1; bin 0 has no end below. */
  readonly edges: Float32Array
}

/** Factor between the quantiles that XGBoost keeps on the way and those it cuts at. */
const sketchFactor = 8

/**
 * Puts the values of every column into at most `maxBin` bins of about equal weight, as XGBoost's `hist` does.
 *
 * A column with no more different values than that gets a bin for each. Depends on the order of the values only.
 * The bins are the library's own as long as its sketch sees all rows at once, up to 32 a bin (8,192 for 256 bins). Beyond,
 * its bins depend on the order of the rows; these do not.
 *
 * @param maxBin - 2 to 65,536.
 * @param weights - Of each row, > 0.
 * @see XGBoost 1.7.4, src/common/quantile.cc (MakeCuts, AddCutPoint).
 */
export function binColumns(columns: SortedColumns, maxBin: number, weights: Float32Array): BinnedColumns {
  const { numSamples: n, numFeatures: d } = columns
  const starts = Array.from({ length: d }, (_, j) => binStarts(rankedValues(columns, j, weights), n, maxBin))
  const numBins = Int32Array.from(starts, (ranks) => ranks.length)
  const stride = numBins.reduce((most, count) => Math.max(most, count), 1)
  const bins = new (stride <= 256 ? Uint8Array : Uint16Array)(n * d)
  const edges = new Float32Array(d * stride)
  for (let j = 0; j < d; j++) {
    const order = columns.order.subarray(j * n, (j + 1) * n)
    starts[j]!.forEach((start, b) => {
      const end = starts[j]![b + 1] ?? n
      for (let r = start; r < end; r++) bins[j * n + order[r]!] = b
      edges[j * stride + b] = columns.values[j * n + order[start]!]!
    })
  }
  return { numSamples: n, numFeatures: d, numBins, stride, bins, edges }
}

/** The different values of a column: where each starts in the sorted column, and the weight before and up to it. */
function rankedValues({ numSamples: n, values, order }: SortedColumns, j: number, weights: Float32Array): Ranked[] {
  const ranked: Ranked[] = []
  let before = 0
  for (let r = 0; r < n;) {
    const start = r
    const value = values[j * n + order[j * n + r]!]!
    let weight = 0
    for (; r < n && values[j * n + order[j * n + r]!]! === value; r++) weight += weights[order[j * n + r]!]!
    ranked.push({ start, below: before, upTo: before + weight })
    before += weight
  }
  return ranked
}

/** Places in the sorted column at which a bin starts. */
function binStarts(ranked: readonly Ranked[], numSamples: number, maxBin: number): number[] {
  if (ranked.length <= maxBin) return ranked.map(({ start }) => start)
  // The library thins its values out in three steps, and so does this, to end at the same.
  const most = Math.min(numSamples, maxBin)
  const sketched = quantiles(ranked, sketchSize(numSamples, most * sketchFactor))
  const cuts = quantiles(quantiles(sketched, Math.min(numSamples, maxBin * sketchFactor)), most + 1)
  return cuts.slice(0, maxBin).map(({ start }) => start)
}

/** Values that a sketch of the given fineness keeps of n rows. */
function sketchSize(numSamples: number, fineness: number): number {
  for (let level = 1; ; level++) {
    const size = Math.min(numSamples, level * fineness + 1)
    if (2 ** level * size >= numSamples) return size
  }
}
