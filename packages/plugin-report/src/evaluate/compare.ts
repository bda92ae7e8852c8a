import { bcaInterval } from '../intervals/bca.js'
import type { BootstrapInterval } from '../intervals/bootstrap.js'
import { holm } from '../paired/adjust.js'
import { cochranQ } from '../paired/cochran-q.js'
import type { TestResult } from '../paired/cochran-q.js'
import { deLong } from '../paired/delong.js'
import { discordance, mcnemar } from '../paired/mcnemar.js'
import { hasVoteShares, independentUnits, measureCandidate } from './evaluation.js'
import { measureAll, openMeasure, setColumn } from './measure.js'
import type { Measured, SetMetric } from './measure.js'
import type { IntervalMetric } from './evaluation.js'
import type { Candidate, Judged } from './judged.js'

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
  /** Reference minus other in macro AUROC; null as well where one of them ranks by vote shares. */
  readonly aurocDifference: number | null
  readonly aurocDifferenceInterval: BootstrapInterval | null
  /** DeLong's test of each class against the rest, by groups; of two classes the second says it all. Empty where vote shares are ranked. */
  readonly deLong: readonly ClassDeLong[]
}

/** DeLong's test of the AUROC of one class against the rest. */
export interface ClassDeLong {
  readonly className: string
  readonly reference: number
  readonly other: number
  /** Null when the difference has no variance. */
  readonly z: number | null
  readonly p: number | null
}

/** What comparisons need beside the predictions. */
export interface CompareOptions {
  /** Name of the candidate that the others are compared with. */
  readonly reference: string
  readonly metric: IntervalMetric
  readonly resamples: readonly Int32Array[]
  readonly confidence: number
  /** What was measured on these resamples already, by name. */
  readonly measured?: ReadonlyMap<string, Measured>
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
  const measuredOf = (candidate: Candidate): Measured =>
    options.measured?.get(candidate.name) ?? measureCandidate(judged, candidate, options.resamples)
  const units = independentUnits(judged)
  const widths = (metric: SetMetric) => ({ confidence: options.confidence, numUnits: units(metric) })
  const own = others.length === 0 ? undefined : measuredOf(reference)
  const tests = others.map((other) =>
    mcnemar(discordance({ yTrue: judged.yTrue, first: reference.yPred, second: other.yPred })),
  )
  const adjusted = holm(tests.map(({ exactP }) => exactP))
  return others.map((other, i) => {
    const primary = differenceOf(own!, measuredOf(other), options.metric, widths(options.metric))
    const isRanked = !hasVoteShares(reference) && !hasVoteShares(other)
    const ranking = isRanked ? differenceOf(own!, measuredOf(other), 'macroAuroc', widths('macroAuroc')) : null
    return {
      reference: reference.name,
      other: other.name,
      onlyReference: tests[i]!.onlyFirst,
      onlyOther: tests[i]!.onlySecond,
      exactP: tests[i]!.exactP,
      midP: tests[i]!.midP,
      holmP: adjusted[i]!,
      difference: primary.value,
      differenceInterval: primary.interval,
      aurocDifference: ranking?.value ?? null,
      aurocDifferenceInterval: ranking?.interval ?? null,
      deLong: isRanked ? deLongOfClasses(judged, reference, other) : [],
    }
  })
}

/** One difference of two candidates on the same rows: first minus second. */
export interface PairedDifference {
  readonly value: number | null
  readonly interval: BootstrapInterval | null
}

/**
 * The difference of two candidates in one metric, with its paired cluster-bootstrap interval: what {@link compareWithReference} says of it, without
 * measuring anything else.
 *
 * @param counts - How often each row is in each resample, e.g. from {@link countsOf}.
 */
export function pairedDifference(
  judged: Judged,
  [first, second]: readonly [Candidate, Candidate],
  options: { readonly metric: IntervalMetric; readonly counts: readonly Int32Array[]; readonly confidence: number },
): PairedDifference {
  const { metric, counts, confidence } = options
  const measured = (candidate: Candidate): Measured =>
    measureAll(openMeasure(judged, candidate, { isProbability: false, isRanked: false }), judged.groups, counts)
  return differenceOf(measured(first), measured(second), metric, {
    confidence,
    numUnits: independentUnits(judged)(metric),
  })
}

function differenceOf(
  a: Measured,
  b: Measured,
  metric: SetMetric,
  { confidence, numUnits }: { readonly confidence: number; readonly numUnits: number },
): PairedDifference {
  const column = setColumn(metric)
  const minus = (first: Float64Array, second: Float64Array): number => first[column]! - second[column]!
  const value = minus(a.estimate, b.estimate)
  const interval = bcaInterval({
    estimate: value,
    replicates: a.replicates.map((row, r) => minus(row, b.replicates[r]!)),
    jackknife: a.jackknife.map((row, g) => minus(row, b.jackknife[g]!)),
    confidence,
    numUnits,
  })
  return { value: Number.isNaN(value) ? null : value, interval }
}

function deLongOfClasses({ yTrue, groups, classNames }: Judged, reference: Candidate, other: Candidate): ClassDeLong[] {
  const numClasses = classNames.length
  const column = ({ scores }: Candidate, c: number): Float64Array =>
    Float64Array.from(yTrue, (_, row) => scores[row * numClasses + c]!)
  return classNames.flatMap((className, c): ClassDeLong[] => {
    if (numClasses === 2 && c === 0) return []
    const found = deLong({
      isPositive: Uint8Array.from(yTrue, (label) => (label === c ? 1 : 0)),
      first: column(reference, c),
      second: column(other, c),
      groups,
    })
    return found ? [{ className, reference: found.first, other: found.second, z: found.z, p: found.p }] : []
  })
}

/** Cochran's Q over all candidates; null for fewer than three, where McNemar says it already. */
export function overallTest(judged: Judged, candidates: readonly Candidate[]): TestResult | null {
  if (candidates.length < 3) return null
  const isRight = Array.from(judged.yTrue, (label, row) =>
    candidates.map(({ yPred }) => (yPred[row] === label ? 1 : 0)),
  ).flat()
  return cochranQ(isRight, candidates.length)
}
