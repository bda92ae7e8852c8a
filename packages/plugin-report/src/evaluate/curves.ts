import { netBenefitAt, precisionAt, rankRows, rocAt } from '../curves/rank-curves.js'
import { rankConfidences, riskAt } from '../curves/risk-coverage.js'
import { quantile } from '../intervals/quantile.js'
import { confidencesOf, hasProbabilities } from './evaluation.js'
import type { Candidate, Judged } from './judged.js'

/** A curve with a band: the middle is of the full set, low and high are pointwise intervals of whole groups; null where not estimable. */
export interface Band {
  readonly value: readonly (number | null)[]
  readonly low: readonly (number | null)[]
  readonly high: readonly (number | null)[]
}

/** Curves of one candidate. */
export interface Curves {
  readonly name: string
  readonly scoreKind: Candidate['scoreKind']
  readonly classes: readonly {
    readonly className: string
    /** True-positive rate over `falsePositiveRate`. */
    readonly roc: Band
    /** Precision over `recall`. */
    readonly precision: Band
    /** Net benefit over `threshold`; null unless scores are probabilities. */
    readonly netBenefit: Band | null
    /** Of calling every row positive, over `threshold`. */
    readonly treatAll: readonly number[]
  }[]
  /** Risk over `coverage`. */
  readonly risk: Band
}

/** Where curves are read off. */
export const curveAxes = {
  falsePositiveRate: Float64Array.from({ length: 51 }, (_, i) => i / 50),
  recall: Float64Array.from({ length: 50 }, (_, i) => (i + 1) / 50),
  threshold: Float64Array.from({ length: 49 }, (_, i) => (i + 1) / 50),
  coverage: Float64Array.from({ length: 50 }, (_, i) => (i + 1) / 50),
} as const

/** Resamples that bands are made of: a pixel needs no more. */
const mostResamples = 400

/**
 * ROC, precision–recall, decision and risk–coverage curves of a candidate, each class against the rest.
 *
 * @param options - `counts`: how often each row is in each resample; `confidence` in (0, 1).
 */
export function curvesOf(
  judged: Judged,
  candidate: Candidate,
  options: { readonly counts: readonly Int32Array[]; readonly confidence: number },
): Curves {
  const { yTrue, classNames } = judged
  const numClasses = classNames.length
  const all = new Int32Array(yTrue.length).fill(1)
  const counts = options.counts.slice(0, mostResamples)
  const band = (at: (counts: Int32Array) => Float64Array): Band => bandOf(at(all), counts.map(at), options.confidence)
  const isProbability = hasProbabilities(judged, candidate)
  const column = (c: number): Float64Array =>
    Float64Array.from(yTrue, (_, row) => candidate.scores[row * numClasses + c]!)
  const ranked = rankConfidences(confidencesOf(judged, candidate))
  return {
    name: candidate.name,
    scoreKind: candidate.scoreKind,
    classes: classNames.map((className, c) => {
      const binary = { isPositive: Uint8Array.from(yTrue, (label) => (label === c ? 1 : 0)), scores: column(c) }
      const rows = rankRows(binary)
      const prevalence = binary.isPositive.reduce((sum, each) => sum + each, 0) / yTrue.length
      return {
        className,
        roc: band((each) => rocAt(rows, each, curveAxes.falsePositiveRate)),
        precision: band((each) => precisionAt(rows, each, curveAxes.recall)),
        netBenefit: isProbability ? band((each) => netBenefitAt(binary, each, curveAxes.threshold)) : null,
        treatAll: Array.from(curveAxes.threshold, (t) => prevalence - ((1 - prevalence) * t) / (1 - t)),
      }
    }),
    risk: band((each) => riskAt(ranked, each, curveAxes.coverage)),
  }
}

function bandOf(value: Float64Array, replicates: readonly Float64Array[], confidence: number): Band {
  const defined = (x: number): number | null => (Number.isNaN(x) ? null : x)
  const ends = (p: number): (number | null)[] =>
    Array.from(value, (_, at) => {
      const values = replicates.map((replicate) => replicate[at]!).filter((x) => !Number.isNaN(x))
      return values.length === 0 ? null : quantile(values, p)
    })
  return { value: Array.from(value, defined), low: ends((1 - confidence) / 2), high: ends((1 + confidence) / 2) }
}
