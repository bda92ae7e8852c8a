import { groupMembers } from '../intervals/bootstrap.js'
import type { Candidate, Judged } from './judged.js'

/** Metrics of a whole set that carry an interval. */
export const setMetrics = [
  'accuracy',
  'balancedAccuracy',
  'macroF1',
  'macroAuroc',
  'macroAveragePrecision',
  'brier',
  'logLoss',
] as const

/** Metrics of one class that carry an interval. */
export const classMetrics = ['sensitivity', 'specificity', 'ppv', 'npv', 'f1', 'auroc', 'averagePrecision'] as const

/** One of {@link setMetrics}. */
export type SetMetric = (typeof setMetrics)[number]

/** One of {@link classMetrics}. */
export type ClassMetric = (typeof classMetrics)[number]

/** Position of a metric of the set in a row of measures. */
export function setColumn(metric: SetMetric): number {
  return setMetrics.indexOf(metric)
}

/** Position of a metric of a class in a row of measures. */
export function classColumn(metric: ClassMetric, classIndex: number): number {
  return setMetrics.length + classIndex * classMetrics.length + classMetrics.indexOf(metric)
}

/** Every metric of a multiset of rows; NaN marks what is not defined for it. */
export type Measure = (counts: Int32Array) => Float64Array

/**
 * A function that measures a candidate on a multiset of the judged rows, given by how often each row is in it. Rows are ranked once, so that a
 * thousand resamples cost a thousand passes and no sorting.
 *
 * Averages over classes are NaN when a class of the full set is not in the multiset: such a resample estimates another quantity.
 */
export function openMeasure(
  judged: Judged,
  candidate: Candidate,
  options: {
    readonly isProbability: boolean
    /** False leaves out what ranks rows, which is most of the work: those measures are NaN. */
    readonly isRanked?: boolean
  },
): Measure {
  const { isRanked = true } = options
  const { yTrue } = judged
  const { yPred, scores } = candidate
  const numClasses = judged.classNames.length
  const n = yTrue.length
  const isPresent = Array.from({ length: numClasses }, (_, c) => yTrue.includes(c))
  const rankings = isRanked ? Array.from({ length: numClasses }, (_, c) => descending(scores, c, numClasses)) : []
  const losses = options.isProbability ? rowLosses(judged, candidate) : undefined
  return (counts) => {
    const out = new Float64Array(setMetrics.length + numClasses * classMetrics.length).fill(NaN)
    const truths = new Float64Array(numClasses)
    const predictions = new Float64Array(numClasses)
    const hits = new Float64Array(numClasses)
    let total = 0
    let brier = 0
    let logLoss = 0
    for (let row = 0; row < n; row++) {
      const count = counts[row]!
      if (count === 0) continue
      total += count
      const label = yTrue[row]!
      const predicted = yPred[row]!
      truths[label]! += count
      if (predicted >= 0) predictions[predicted]! += count
      if (predicted === label) hits[label]! += count
      if (losses) {
        brier += count * losses.brier[row]!
        logLoss += count * losses.log[row]!
      }
    }
    if (total === 0) return out
    let sumHits = 0
    let sumSensitivity = 0
    let sumF1 = 0
    let sumAuroc = 0
    let sumPrecision = 0
    let numPresent = 0
    let isComplete = true
    for (let c = 0; c < numClasses; c++) {
      const tp = hits[c]!
      const fn = truths[c]! - tp
      const fp = predictions[c]! - tp
      const tn = total - tp - fn - fp
      const f1 = (2 * tp) / (2 * tp + fp + fn)
      const ranking = rankings[c]
      const ranked = ranking ? areas(ranking, yTrue, c, counts) : unranked
      const column = classColumn('sensitivity', c)
      out[column] = tp / (tp + fn)
      out[column + 1] = tn / (tn + fp)
      out[column + 2] = tp / (tp + fp)
      out[column + 3] = tn / (tn + fn)
      out[column + 4] = f1
      out[column + 5] = ranked.auroc
      out[column + 6] = ranked.averagePrecision
      sumHits += tp
      // A class that occurs neither in truth nor in predictions counts 0, as in the full set.
      sumF1 += Number.isNaN(f1) ? 0 : f1
      sumAuroc += ranked.auroc
      sumPrecision += ranked.averagePrecision
      if (truths[c]! > 0) {
        sumSensitivity += tp / truths[c]!
        numPresent++
      } else if (isPresent[c]) isComplete = false
    }
    out[0] = sumHits / total
    if (isComplete) {
      out[1] = sumSensitivity / numPresent
      out[2] = sumF1 / numClasses
    }
    out[3] = sumAuroc / numClasses
    out[4] = sumPrecision / numClasses
    if (losses) {
      out[5] = brier / total
      out[6] = logLoss / total
    }
    return out
  }
}

/** A candidate measured on the full set, on every resample and with each group left out. */
export interface Measured {
  readonly estimate: Float64Array
  readonly replicates: readonly Float64Array[]
  /** One entry a group; empty for a single group. */
  readonly jackknife: readonly Float64Array[]
}

/** Measures a candidate on resamples (how often each row is in each) and with each group left out. */
export function measureAll(measure: Measure, groups: readonly string[], resamples: readonly Int32Array[]): Measured {
  const all = new Int32Array(groups.length).fill(1)
  const members = groupMembers(groups)
  const jackknife =
    members.length < 2
      ? []
      : members.map((rows) => {
          const counts = Int32Array.from(all)
          for (const row of rows) counts[row] = 0
          return measure(counts)
        })
  return { estimate: measure(all), replicates: members.length < 2 ? [] : resamples.map(measure), jackknife }
}

/** How often each row is in each resample. */
export function countsOf(resamples: readonly Int32Array[], numRows: number): Int32Array[] {
  return resamples.map((rows) => {
    const counts = new Int32Array(numRows)
    for (const row of rows) counts[row]! += 1
    return counts
  })
}

interface Ranking {
  /** Rows, the largest score first. */
  readonly order: Int32Array
  /** 1 where a row has the score of the one before it. */
  readonly isTied: Uint8Array
}

function descending(scores: Float64Array, c: number, numClasses: number): Ranking {
  const score = (row: number): number => scores[row * numClasses + c]!
  const order = Int32Array.from({ length: scores.length / numClasses }, (_, row) => row).sort(
    (a, b) => score(b) - score(a),
  )
  return {
    order,
    isTied: Uint8Array.from(order, (row, at) => (at > 0 && score(order[at - 1]!) === score(row) ? 1 : 0)),
  }
}

/** AUROC (ties count ½) and average precision of one class against the rest. */
function areas(
  { order, isTied }: Ranking,
  yTrue: Int32Array,
  c: number,
  counts: Int32Array,
): { auroc: number; averagePrecision: number } {
  let positives = 0
  let negatives = 0
  let wins = 0
  let area = 0
  for (let start = 0; start < order.length;) {
    let end = start
    let own = 0
    let other = 0
    do {
      const row = order[end]!
      if (yTrue[row] === c) own += counts[row]!
      else other += counts[row]!
      end++
    } while (end < order.length && isTied[end] === 1)
    // Negatives of this tie lose to the positives above and draw with those beside them.
    wins += other * (positives + own / 2)
    positives += own
    negatives += other
    if (own > 0) area += (own * positives) / (positives + negatives)
    start = end
  }
  return { auroc: wins / (positives * negatives), averagePrecision: area / positives }
}

const unranked = { auroc: NaN, averagePrecision: NaN }

function rowLosses(
  judged: Judged,
  { scores }: Candidate,
): { readonly brier: Float64Array; readonly log: Float64Array } {
  const k = judged.classNames.length
  const brier = Float64Array.from(judged.yTrue, (label, row) => {
    let sum = 0
    for (let c = 0; c < k; c++) sum += (scores[row * k + c]! - (c === label ? 1 : 0)) ** 2
    return sum
  })
  const log = Float64Array.from(
    judged.yTrue,
    (label, row) => -Math.log(Math.min(Math.max(scores[row * k + label]!, Number.EPSILON), 1 - Number.EPSILON)),
  )
  return { brier, log }
}
