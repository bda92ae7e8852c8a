import { checkScores } from './labels.js'
import type { BinaryScores, ClassScores } from './labels.js'

/**
 * Area under the ROC curve as the Mann–Whitney probability that a positive row scores higher, ties counting ½.
 *
 * @returns A number in [0, 1], or null when one of the two classes has no row (never 0 or 0.5).
 * @throws RangeError when lengths differ.
 */
export function auroc({ isPositive, scores }: BinaryScores): number | null {
  checkPair(isPositive, scores)
  const order = ascending(scores)
  let positives = 0
  let rankSum = 0
  for (const tie of ties(order, scores)) {
    const midrank = (tie.start + tie.end + 1) / 2
    for (let i = tie.start; i < tie.end; i++) {
      if (isPositive[order[i]!] !== 1) continue
      positives++
      rankSum += midrank
    }
  }
  const negatives = scores.length - positives
  if (positives === 0 || negatives === 0) return null
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/**
 * Average precision: Σ (R_n − R_{n−1}) P_n over the distinct thresholds, without interpolation (scikit-learn's definition).
 *
 * @returns A number in [0, 1], or null without positive rows.
 */
export function averagePrecision({ isPositive, scores }: BinaryScores): number | null {
  checkPair(isPositive, scores)
  const order = ascending(scores).reverse()
  let positives = 0
  let area = 0
  for (const tie of ties(order, scores)) {
    let gained = 0
    for (let i = tie.start; i < tie.end; i++) gained += isPositive[order[i]!] === 1 ? 1 : 0
    positives += gained
    area += (gained * positives) / tie.end
  }
  return positives === 0 ? null : area / positives
}

/** One-vs-rest AUROC of each class; null where a class has no row or every row. */
export function aurocPerClass(input: ClassScores): (number | null)[] {
  checkScores(input)
  return Array.from({ length: input.numClasses }, (_, c) => auroc(oneVersusRest(input, c)))
}

/** One-vs-rest average precision of each class; null where a class has no row. */
export function averagePrecisionPerClass(input: ClassScores): (number | null)[] {
  checkScores(input)
  return Array.from({ length: input.numClasses }, (_, c) => averagePrecision(oneVersusRest(input, c)))
}

/** Unweighted mean of the one-vs-rest AUROCs; null as soon as one class is not estimable. */
export function macroAuroc(input: ClassScores): number | null {
  return meanOrNull(aurocPerClass(input))
}

/** Unweighted mean of the one-vs-rest average precisions; null as soon as one class is not estimable. */
export function macroAveragePrecision(input: ClassScores): number | null {
  return meanOrNull(averagePrecisionPerClass(input))
}

/**
 * Hand and Till's (2001) pairwise AUROC: the mean over class pairs of the two one-vs-one AUROCs.
 *
 * @returns Null as soon as one pair is not estimable.
 */
export function macroAurocOneVersusOne(input: ClassScores): number | null {
  checkScores(input)
  const pairs: (number | null)[] = []
  for (let a = 0; a < input.numClasses; a++) {
    for (let b = a + 1; b < input.numClasses; b++) {
      pairs.push(auroc(oneVersusOne(input, a, b)), auroc(oneVersusOne(input, b, a)))
    }
  }
  return meanOrNull(pairs)
}

/** Class `c` as the positive class, everything else negative. */
function oneVersusRest({ yTrue, scores, numClasses }: ClassScores, c: number): BinaryScores {
  return {
    isPositive: Uint8Array.from({ length: yTrue.length }, (_, i) => (yTrue[i] === c ? 1 : 0)),
    scores: Float64Array.from({ length: yTrue.length }, (_, i) => scores[i * numClasses + c]!),
  }
}

function oneVersusOne({ yTrue, scores, numClasses }: ClassScores, positive: number, negative: number): BinaryScores {
  const rows = Array.from({ length: yTrue.length }, (_, i) => i).filter(
    (i) => yTrue[i] === positive || yTrue[i] === negative,
  )
  return {
    isPositive: rows.map((i) => (yTrue[i] === positive ? 1 : 0)),
    scores: rows.map((i) => scores[i * numClasses + positive]!),
  }
}

function checkPair(isPositive: ArrayLike<number>, scores: ArrayLike<number>): void {
  if (isPositive.length !== scores.length) {
    throw new RangeError(`isPositive has ${isPositive.length} rows, scores has ${scores.length}`)
  }
}

function ascending(scores: ArrayLike<number>): number[] {
  return Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!)
}

function* ties(order: readonly number[], scores: ArrayLike<number>): Generator<{ start: number; end: number }> {
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++
    yield { start, end }
    start = end
  }
}

function meanOrNull(values: readonly (number | null)[]): number | null {
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return values.length === 0 ? null : sum / values.length
}
