import type { PredictionBatch } from '@etsef/plugin-api'
import { aurc } from '../curves/risk-coverage.js'
import type { Confidences } from '../curves/risk-coverage.js'
import { bcaInterval } from '../intervals/bca.js'
import type { BootstrapInterval } from '../intervals/bootstrap.js'
import { groupMembers } from '../intervals/bootstrap.js'
import { wilsonInterval } from '../intervals/wilson.js'
import { calibration } from '../metrics/calibration.js'
import type { Calibration } from '../metrics/calibration.js'
import {
  accuracy,
  balancedAccuracy,
  cohenKappa,
  macroF1,
  matthewsCorrelation,
  weightedF1,
} from '../metrics/classification.js'
import { confusionMatrix, trueCounts } from '../metrics/confusion-matrix.js'
import type { ConfusionMatrix } from '../metrics/confusion-matrix.js'
import type { Candidate, Judged } from './judged.js'
import type { ClassMetric, Measured, SetMetric } from './measure.js'
import { classColumn, classMetrics, countsOf, measureAll, openMeasure, setColumn, setMetrics } from './measure.js'
import { perClassMetrics } from '../metrics/per-class.js'
import type { ClassMetrics } from '../metrics/per-class.js'
import { brierScore, logLoss } from '../metrics/probability.js'
import { aurocPerClass, averagePrecisionPerClass, macroAuroc, macroAveragePrecision } from '../metrics/ranking.js'

/** Metrics that rank rows by their scores. */
export const rankingMetrics: readonly string[] = ['macroAuroc', 'macroAveragePrecision', 'aurc']

/**
 * Whether scores are shares of votes. Five voters give six of them: they rank rows in few steps, so what is computed of the ranking tends to stand lower than
 * the voters' own for that alone, and is marked wherever it is told.
 */
export function hasVoteShares({ scoreKind }: Pick<Candidate, 'scoreKind'>): boolean {
  return scoreKind === 'voteShare'
}

/** Metrics of chosen classes, of which one is declared before the run. */
export const intervalMetrics = ['accuracy', 'balancedAccuracy', 'macroF1'] as const

/** One of `intervalMetrics`. */
export type IntervalMetric = (typeof intervalMetrics)[number]

/** Intervals of the metrics of one class; null is "not estimable". */
export type ClassIntervals = Readonly<Record<ClassMetric, BootstrapInterval | null>>

/** Everything measured on one candidate; `null` is "not estimable". */
export interface Evaluation {
  readonly name: string
  readonly numSamples: number
  readonly numGroups: number
  readonly numAbstained: number
  readonly scoreKind: PredictionBatch['scoreKind']
  readonly metrics: Readonly<Record<string, number | null>>
  readonly intervals: Readonly<Record<SetMetric, BootstrapInterval | null>>
  readonly perClass: readonly (ClassMetrics & {
    readonly className: string
    readonly auroc: number | null
    readonly averagePrecision: number | null
    readonly intervals: ClassIntervals
  })[]
  readonly matrix: ConfusionMatrix
  /** Null unless scores are probabilities. */
  readonly calibration: { readonly equalWidth: Calibration; readonly equalMass: Calibration } | null
  readonly warnings: readonly string[]
}

/**
 * Point estimates, per-class table, calibration and cluster-bootstrap intervals of one candidate.
 *
 * Brier score, log loss and calibration are given for probabilities only: vote shares and margins are not meant as such.
 *
 * @param options - `resamples`: row indices drawn once and shared by all candidates; `confidence` in (0, 1).
 */
export function evaluate(
  judged: Judged,
  candidate: Candidate,
  options: {
    readonly resamples: readonly Int32Array[]
    readonly confidence: number
    /** What was measured on these resamples already. */
    readonly measured?: Measured
  },
): Evaluation {
  const numClasses = judged.classNames.length
  const scored = { yTrue: judged.yTrue, scores: candidate.scores, numClasses }
  const matrix = confusionMatrix({ yTrue: judged.yTrue, yPred: candidate.yPred, numClasses })
  const isProbability = hasProbabilities(judged, candidate)
  const equalWidth = isProbability ? calibration(scored) : null
  const equalMass = isProbability ? calibration(scored, { binning: 'mass' }) : null
  const aurocs = aurocPerClass(scored)
  const precisions = averagePrecisionPerClass(scored)
  const numGroups = groupMembers(judged.groups).length
  const measured = options.measured ?? measureCandidate(judged, candidate, options.resamples)
  const intervalAt = intervalsOf(judged, candidate, measured, options.confidence)
  const intervals = Object.fromEntries(setMetrics.map((metric) => [metric, intervalAt(metric)])) as Record<
    SetMetric,
    BootstrapInterval | null
  > // one entry per metric of the list
  return {
    name: candidate.name,
    numSamples: judged.yTrue.length,
    numGroups,
    numAbstained: matrix.abstentions.reduce((sum, n) => sum + n, 0),
    scoreKind: candidate.scoreKind,
    metrics: {
      ...pointMetrics(matrix),
      weightedF1: weightedF1(matrix),
      mcc: matthewsCorrelation(matrix),
      kappa: cohenKappa(matrix),
      macroAuroc: macroAuroc(scored),
      macroAveragePrecision: macroAveragePrecision(scored),
      brier: isProbability ? brierScore(scored) : null,
      logLoss: isProbability ? logLoss(scored) : null,
      ece: equalWidth?.ece ?? null,
      eceEqualMass: equalMass?.ece ?? null,
      aurc: aurc(confidencesOf(judged, candidate)),
    },
    intervals,
    perClass: perClassMetrics(matrix).map((row, c) => ({
      className: judged.classNames[c]!,
      ...row,
      auroc: aurocs[c] ?? null,
      averagePrecision: precisions[c] ?? null,
      intervals: Object.fromEntries(classMetrics.map((metric) => [metric, intervalAt(metric, c)])) as Record<
        ClassMetric,
        BootstrapInterval | null
      >, // one entry per metric of the list
    })),
    matrix,
    calibration: equalWidth && equalMass ? { equalWidth, equalMass } : null,
    warnings: warningsOf({
      judged,
      candidate,
      matrix,
      numGroups,
      isProbability,
      intervals,
      numResamples: options.resamples.length,
    }),
  }
}

/** Measures a candidate on the full set, on every resample, and without each group. */
export function measureCandidate(judged: Judged, candidate: Candidate, resamples: readonly Int32Array[]): Measured {
  const measure = openMeasure(judged, candidate, { isProbability: hasProbabilities(judged, candidate) })
  return measureAll(measure, judged.groups, countsOf(resamples, judged.yTrue.length))
}

/** Whether scores are probabilities, and are meant as such. */
export function hasProbabilities({ classNames }: Judged, { scores, scoreKind }: Candidate): boolean {
  return scoreKind === 'probability' && sumToOne(scores, classNames.length)
}

/** How sure a candidate is of each row (its largest score) and whether it is wrong. */
export function confidencesOf({ yTrue, classNames }: Judged, { scores, yPred }: Candidate): Confidences {
  const width = classNames.length
  return {
    confidence: Float64Array.from(yTrue, (_, row) => Math.max(...scores.subarray(row * width, (row + 1) * width))),
    isWrong: Uint8Array.from(yTrue, (label, row) => (yPred[row] === label ? 0 : 1)),
  }
}

/** A function that gives the interval of a metric, of the set or of a class. */
function intervalsOf(
  judged: Judged,
  candidate: Candidate,
  { estimate, replicates, jackknife }: Measured,
  confidence: number,
): (metric: SetMetric | ClassMetric, classIndex?: number) => BootstrapInterval | null {
  const units = independentUnits(judged)
  return (metric, classIndex) => {
    const column =
      classIndex === undefined ? setColumn(metric as SetMetric) : classColumn(metric as ClassMetric, classIndex)
    const at = (row: Float64Array): number => row[column]!
    const value = estimate[column]!
    if (replicates.length === 0 || Number.isNaN(value)) return null
    const bca = bcaInterval({
      estimate: value,
      replicates: replicates.map(at),
      jackknife: jackknife.map(at),
      confidence,
      numUnits: units(metric, classIndex),
    })
    if (bca !== null) return bca
    const usedResamples = replicates.filter((row) => !Number.isNaN(at(row))).length
    if (usedResamples === 0) return null
    // The same in every resample: of answers that are all one class, the average over classes is what it is whatever the rows.
    if (value !== 0 && value !== 1) return { low: value, high: value, usedResamples, method: 'percentile' }
    const trials = independentTrials(judged, candidate, metric, classIndex)
    const wilson = trials === null ? null : wilsonInterval({ successes: value * trials, trials }, confidence)
    return wilson && { ...wilson, usedResamples, method: 'wilson' }
  }
}

/** How many groups a metric rests on: of a class those with and those without it, whichever are fewer; of an average those of the rarest class. */
export function independentUnits({
  yTrue,
  groups,
  classNames,
}: Judged): (metric: SetMetric | ClassMetric, classIndex?: number) => number {
  const all = new Set(groups).size
  const groupsWhere = (isIn: (label: number) => boolean): number =>
    new Set(groups.filter((_, row) => isIn(yTrue[row]!))).size
  const within = classNames.map((_, c) => groupsWhere((label) => label === c))
  const without = classNames.map((_, c) => groupsWhere((label) => label !== c))
  const rarest = Math.min(...within.filter((size) => size > 0))
  return (metric, classIndex) => {
    if (classIndex !== undefined) return Math.min(within[classIndex]!, without[classIndex]!)
    return metric === 'accuracy' || metric === 'brier' || metric === 'logLoss' ? all : rarest
  }
}

/**
 * How many groups a proportion of 0 or 1 rests on: of an average over classes, those of the class that has the fewest. Null for what is no
 * proportion of rows.
 */
function independentTrials(
  { yTrue, groups, classNames }: Judged,
  { yPred }: Candidate,
  metric: SetMetric | ClassMetric,
  classIndex = -1,
): number | null {
  const groupsWhere = (isIn: (row: number) => boolean): number => new Set(groups.filter((_, row) => isIn(row))).size
  if (metric === 'accuracy') return groupsWhere(() => true)
  if (metric === 'sensitivity') return groupsWhere((row) => yTrue[row] === classIndex)
  if (metric === 'specificity') return groupsWhere((row) => yTrue[row] !== classIndex)
  if (metric === 'ppv') return groupsWhere((row) => yPred[row] === classIndex)
  if (metric === 'npv') return groupsWhere((row) => yPred[row] !== classIndex)
  if (metric !== 'balancedAccuracy' && metric !== 'macroF1') return null
  const sizes = classNames.map((_, c) => groupsWhere((row) => yTrue[row] === c)).filter((size) => size > 0)
  return Math.min(...sizes)
}

function pointMetrics(matrix: ConfusionMatrix): Record<IntervalMetric, number | null> {
  return { accuracy: accuracy(matrix), balancedAccuracy: balancedAccuracy(matrix), macroF1: macroF1(matrix) }
}

function sumToOne(scores: Float64Array, numClasses: number): boolean {
  for (let start = 0; start < scores.length; start += numClasses) {
    let sum = 0
    for (let c = 0; c < numClasses; c++) sum += scores[start + c]!
    if (Math.abs(sum - 1) > 1e-3) return false
  }
  return true
}

interface WarningFacts {
  readonly judged: Judged
  readonly candidate: Candidate
  readonly matrix: ConfusionMatrix
  readonly numGroups: number
  readonly isProbability: boolean
  readonly intervals: Record<SetMetric, BootstrapInterval | null>
  readonly numResamples: number
}

function warningsOf({
  judged,
  candidate,
  matrix,
  numGroups,
  isProbability,
  intervals,
  numResamples,
}: WarningFacts): string[] {
  const warnings: string[] = []
  const absent = judged.classNames.filter((_, c) => trueCounts(matrix)[c] === 0)
  if (absent.length > 0) {
    warnings.push(
      `no row of ${absent.join(', ')}: balanced accuracy is over the other classes; macro-F1 counts a class that never occurs as 0`,
    )
  }
  if (numGroups < 2) warnings.push('all rows are of one group: no interval can be estimated')
  const used = intervals.balancedAccuracy?.usedResamples ?? 0
  if (numGroups >= 2 && used < 0.9 * numResamples) {
    warnings.push(
      `${numResamples - used} of ${numResamples} resamples lack a class: its rows come from too few groups for a trustworthy interval`,
    )
  }
  if (candidate.scoreKind === 'probability' && !isProbability) {
    warnings.push(
      'scores are declared probabilities but do not sum to 1: Brier score, log loss and calibration are left out',
    )
  }
  return warnings
}
