import type { BinaryScores } from '../metrics/labels.js'

/** One class against the rest as a function of the threshold, read off at fixed places. */
export type Counts = ArrayLike<number>

/** Rows of a binary problem ranked once, for curves of many resamples. */
export interface Ranked {
  /** Rows, the largest score first. */
  readonly order: Int32Array
  /** Position in `order` at which each run of equal scores ends (exclusive). */
  readonly ends: Int32Array
  readonly isPositive: ArrayLike<number>
  readonly scores: ArrayLike<number>
}

/** Ranks rows by their score. */
export function rankRows({ isPositive, scores }: BinaryScores): Ranked {
  const order = Int32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!)
  const ends: number[] = []
  for (let at = 1; at <= order.length; at++)
    if (at === order.length || scores[order[at]!] !== scores[order[at - 1]!]) ends.push(at)
  return { order, ends: Int32Array.from(ends), isPositive, scores }
}

/**
 * True-positive rate at each false-positive rate: the ROC curve, straight between the thresholds that exist, at a jump its upper end.
 *
 * @param counts - How often each row is in the resample.
 * @param falsePositiveRates - In [0, 1], ascending.
 * @returns NaN throughout when a class has no row.
 */
export function rocAt(ranked: Ranked, counts: Counts, falsePositiveRates: Float64Array): Float64Array {
  const { positives, negatives, cumulative } = cumulate(ranked, counts)
  const out = new Float64Array(falsePositiveRates.length).fill(NaN)
  if (positives === 0 || negatives === 0) return out
  let at = 0
  falsePositiveRates.forEach((rate, index) => {
    const wanted = rate * negatives
    // The last threshold that does not pass the rate; beyond it the curve goes straight to the next.
    while (at + 1 < cumulative.length && cumulative[at + 1]!.falsePositives <= wanted + 1e-9) at++
    const here = cumulative[at]!
    const next = cumulative[at + 1]
    const share =
      next === undefined ? 0 : Math.max(0, (wanted - here.falsePositives) / (next.falsePositives - here.falsePositives))
    out[index] =
      (here.truePositives + share * ((next?.truePositives ?? 0) - here.truePositives) * (next ? 1 : 0)) / positives
  })
  return out
}

/**
 * Precision at each recall: of the first threshold that reaches it, without interpolation.
 *
 * @param recalls - In (0, 1], ascending.
 */
export function precisionAt(ranked: Ranked, counts: Counts, recalls: Float64Array): Float64Array {
  const { positives, cumulative } = cumulate(ranked, counts)
  const out = new Float64Array(recalls.length).fill(NaN)
  if (positives === 0) return out
  let at = 0
  recalls.forEach((recall, index) => {
    while (at + 1 < cumulative.length && cumulative[at]!.truePositives < recall * positives - 1e-9) at++
    const { truePositives, falsePositives } = cumulative[at]!
    out[index] = truePositives / (truePositives + falsePositives)
  })
  return out
}

/**
 * Net benefit of acting on rows whose probability reaches each threshold: TP / n − FP / n · t / (1 − t).
 *
 * @param thresholds - In (0, 1), ascending.
 * @see Vickers and Elkin 2006, Decision curve analysis
 */
export function netBenefitAt(
  { isPositive, scores }: BinaryScores,
  counts: Counts,
  thresholds: Float64Array,
): Float64Array {
  let total = 0
  for (let row = 0; row < scores.length; row++) total += counts[row]!
  return thresholds.map((threshold) => {
    let truePositives = 0
    let falsePositives = 0
    for (let row = 0; row < scores.length; row++) {
      if (scores[row]! < threshold) continue
      if (isPositive[row] === 1) truePositives += counts[row]!
      else falsePositives += counts[row]!
    }
    return (truePositives - (falsePositives * threshold) / (1 - threshold)) / total
  })
}

interface Point {
  readonly truePositives: number
  readonly falsePositives: number
}

function cumulate(
  { order, ends, isPositive }: Ranked,
  counts: Counts,
): { readonly positives: number; readonly negatives: number; readonly cumulative: readonly Point[] } {
  const cumulative: Point[] = [{ truePositives: 0, falsePositives: 0 }]
  let truePositives = 0
  let falsePositives = 0
  let at = 0
  for (const end of ends) {
    for (; at < end; at++) {
      const row = order[at]!
      if (isPositive[row] === 1) truePositives += counts[row]!
      else falsePositives += counts[row]!
    }
    const last = cumulative.at(-1)!
    if (truePositives !== last.truePositives || falsePositives !== last.falsePositives)
      cumulative.push({ truePositives, falsePositives })
  }
  return { positives: truePositives, negatives: falsePositives, cumulative }
}
