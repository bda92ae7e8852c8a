import type { PredictionBatch } from '@etsef/plugin-api'
import type { BootstrapInterval } from '../intervals/bootstrap.js'
import { groupMembers, intervalOfReplicates } from '../intervals/bootstrap.js'
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
import { perClassMetrics } from '../metrics/per-class.js'
import type { ClassMetrics } from '../metrics/per-class.js'
import { brierScore, logLoss } from '../metrics/probability.js'
import { aurocPerClass, averagePrecisionPerClass, macroAuroc, macroAveragePrecision } from '../metrics/ranking.js'

/** The rows that all candidates are judged on. */
export interface Judged {
  /** True class index per row. */
  readonly yTrue: Int32Array
  /** Independent unit (patient) of each row. */
  readonly groups: readonly string[]
  readonly classNames: readonly string[]
}

/** One set of predictions for the judged rows, in their order. */
export interface Candidate {
  readonly name: string
  readonly yPred: Int32Array
  /** Row-major `[numSamples, numClasses]`. */
  readonly scores: Float64Array
  readonly scoreKind: PredictionBatch['scoreKind']
}

/** Metrics that rank rows by their scores. */
export const rankingMetrics: readonly string[] = ['macroAuroc', 'macroAveragePrecision']

/**
 * Whether scores are shares of votes. Five voters give six of them: they rank rows in few steps, so what is computed of the ranking tends to stand lower than
 * the voters' own for that alone, and is marked wherever it is told.
 */
export function hasVoteShares({ scoreKind }: Pick<Candidate, 'scoreKind'>): boolean {
  return scoreKind === 'voteShare'
}

/** Metrics that carry a bootstrap interval. */
export const intervalMetrics = ['accuracy', 'balancedAccuracy', 'macroF1'] as const

/** One of {@link intervalMetrics}. */
export type IntervalMetric = (typeof intervalMetrics)[number]

/** Everything measured on one candidate; `null` is "not estimable". */
export interface Evaluation {
  readonly name: string
  readonly numSamples: number
  readonly numGroups: number
  readonly numAbstained: number
  readonly scoreKind: PredictionBatch['scoreKind']
  readonly metrics: Readonly<Record<string, number | null>>
  readonly intervals: Readonly<Record<IntervalMetric, BootstrapInterval | null>>
  readonly perClass: readonly (ClassMetrics & {
    readonly className: string
    readonly auroc: number | null
    readonly averagePrecision: number | null
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
  options: { readonly resamples: readonly Int32Array[]; readonly confidence: number },
): Evaluation {
  const numClasses = judged.classNames.length
  const scored = { yTrue: judged.yTrue, scores: candidate.scores, numClasses }
  const matrix = confusionMatrix({ yTrue: judged.yTrue, yPred: candidate.yPred, numClasses })
  const isProbability = candidate.scoreKind === 'probability' && sumToOne(candidate.scores, numClasses)
  const equalWidth = isProbability ? calibration(scored) : null
  const equalMass = isProbability ? calibration(scored, { binning: 'mass' }) : null
  const aurocs = aurocPerClass(scored)
  const precisions = averagePrecisionPerClass(scored)
  const numGroups = groupMembers(judged.groups).length
  const replicates = numGroups < 2 ? [] : options.resamples.map((rows) => replicateMetrics(judged, candidate, rows))
  const intervals = Object.fromEntries(
    intervalMetrics.map((metric) => [
      metric,
      intervalOfReplicates(
        replicates.map((values) => values[metric]),
        options.confidence,
      ),
    ]),
  ) as Record<IntervalMetric, BootstrapInterval | null> // one entry per metric of the list
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
    },
    intervals,
    perClass: perClassMetrics(matrix).map((row, c) => ({
      className: judged.classNames[c]!,
      ...row,
      auroc: aurocs[c] ?? null,
      averagePrecision: precisions[c] ?? null,
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

/**
 * Accuracy, balanced accuracy and macro-F1 of a resample.
 *
 * The averages over classes are null when a class of the full set has no row in the resample: such a resample estimates another quantity.
 */
export function replicateMetrics(
  judged: Judged,
  candidate: Candidate,
  rows: Int32Array,
): Record<IntervalMetric, number | null> {
  const matrix = confusionMatrix({
    yTrue: rows.map((row) => judged.yTrue[row]!),
    yPred: rows.map((row) => candidate.yPred[row]!),
    numClasses: judged.classNames.length,
  })
  const present = new Set(judged.yTrue)
  const isComplete = trueCounts(matrix).every((count, c) => count > 0 || !present.has(c))
  const values = pointMetrics(matrix)
  return isComplete ? values : { accuracy: values.accuracy, balancedAccuracy: null, macroF1: null }
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
  readonly intervals: Record<IntervalMetric, BootstrapInterval | null>
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
