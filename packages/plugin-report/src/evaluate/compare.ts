import type { BootstrapInterval } from '../intervals/bootstrap.js'
import { intervalOfReplicates } from '../intervals/bootstrap.js'
import { holm } from '../paired/adjust.js'
import { cochranQ } from '../paired/cochran-q.js'
import type { TestResult } from '../paired/cochran-q.js'
import { discordance, mcnemar } from '../paired/mcnemar.js'
import { replicateMetrics } from './evaluation.js'
import type { Candidate, IntervalMetric, Judged } from './evaluation.js'

/** The reference candidate against another one, on the same rows. */
export interface Comparison {
  readonly reference: string
  readonly other: string
  /** Rows only the reference has right. */
  readonly onlyReference: number
  /** Rows only the other has right. */
  readonly onlyOther: number
  /** Exact McNemar p value (rows taken as independent). */
  readonly exactP: number
  readonly midP: number
  /** Exact p value after Holm over all comparisons of the report. */
  readonly holmP: number
  /** Reference minus other in the primary metric; null where it is not estimable. */
  readonly difference: number | null
  /** Cluster-bootstrap interval of the difference: the one to trust where patients have several images. */
  readonly differenceInterval: BootstrapInterval | null
}

/** What comparisons need beside the predictions. */
export interface CompareOptions {
  /** Name of the candidate that the others are compared with. */
  readonly reference: string
  readonly metric: IntervalMetric
  readonly resamples: readonly Int32Array[]
  readonly confidence: number
}

/**
 * Compares the reference with every other candidate: exact McNemar with Holm's adjustment, and the difference in the
 * primary metric with a paired cluster-bootstrap interval.
 *
 * @returns One comparison per other candidate, in order; empty for a single candidate.
 */
export function compareWithReference(
  judged: Judged,
  candidates: readonly Candidate[],
  options: CompareOptions,
): Comparison[] {
  const reference = candidates.find(({ name }) => name === options.reference)
  if (reference === undefined) throw new RangeError(`no candidate is called "${options.reference}"`)
  const others = candidates.filter((candidate) => candidate !== reference)
  const allRows = Int32Array.from(judged.yTrue, (_, i) => i)
  const metricOf = (candidate: Candidate, rows: Int32Array) => replicateMetrics(judged, candidate, rows)[options.metric]
  const referenceReplicates = others.length === 0 ? [] : options.resamples.map((rows) => metricOf(reference, rows))
  const tests = others.map((other) =>
    mcnemar(discordance({ yTrue: judged.yTrue, first: reference.yPred, second: other.yPred })),
  )
  const adjusted = holm(tests.map(({ exactP }) => exactP))
  return others.map((other, i) => ({
    reference: reference.name,
    other: other.name,
    onlyReference: tests[i]!.onlyFirst,
    onlyOther: tests[i]!.onlySecond,
    exactP: tests[i]!.exactP,
    midP: tests[i]!.midP,
    holmP: adjusted[i]!,
    difference: minus(metricOf(reference, allRows), metricOf(other, allRows)),
    differenceInterval: intervalOfReplicates(
      options.resamples.map((rows, r) => minus(referenceReplicates[r]!, metricOf(other, rows))),
      options.confidence,
    ),
  }))
}

/** Cochran's Q over all candidates; null for fewer than three, where McNemar says it already. */
export function overallTest(judged: Judged, candidates: readonly Candidate[]): TestResult | null {
  if (candidates.length < 3) return null
  const isRight = Array.from(judged.yTrue, (label, row) =>
    candidates.map(({ yPred }) => (yPred[row] === label ? 1 : 0)),
  ).flat()
  return cochranQ(isRight, candidates.length)
}

function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b
}
