import { canonicalJson } from '@etsef/plugin-api'
import { resolution } from '../intervals/wilson.js'
import type { Subgroup } from './subgroups.js'
import type { FromValidation } from './calibrated.js'
import type { ChanceTest } from './chance.js'
import type { Comparison } from './compare.js'
import { curveAxes } from './curves.js'
import type { Curves } from './curves.js'
import { hasVoteShares, intervalMetrics, rankingMetrics } from './evaluation.js'
import type { Evaluation } from './evaluation.js'
import type { TestResult } from '../paired/cochran-q.js'

/** All that `metrics.json` holds. */
export interface EvaluationReport {
  readonly partition: string
  readonly primaryMetric: string
  readonly confidence: number
  readonly numResamples: number
  readonly reference: string
  readonly classNames: readonly string[]
  readonly evaluations: readonly Evaluation[]
  readonly comparisons: readonly Comparison[]
  readonly cochranQ: TestResult | null
  /** By attribute and value, every input on those rows alone; empty where no attribute was asked for. */
  readonly subgroups: readonly Subgroup[]
  /** Of each input how it stands against a guesser; null where that was not asked for. */
  readonly chance: readonly ChanceTest[] | null
  /** Of each input, what is calibrated on validation rows; null where there are none, or no probabilities. */
  readonly fromValidation: readonly (FromValidation | null)[]
}

/** `metrics.json`: every figure unrounded, keys sorted, so equal results are equal bytes. */
export function reportJson(report: EvaluationReport): string {
  const { evaluations, chance, fromValidation, ...rest } = report
  const inputs = evaluations.map(({ matrix, ...evaluation }, at) => ({
    ...evaluation,
    ...chance?.[at],
    fromValidation: fromValidation[at] ?? null,
    confusionMatrix: rowsOf(matrix.counts, matrix.numClasses),
    abstentions: [...matrix.abstentions],
    resolution: resolution(evaluation.numGroups, 0.9, report.confidence),
  }))
  return sortedJson({ ...rest, formatVersion: 1, inputs })
}

/** `curves.json`: curves of every input with their bands, over common axes. */
export function curvesJson(curves: readonly Curves[]): string {
  const axes = Object.fromEntries(Object.entries(curveAxes).map(([name, values]) => [name, [...values]]))
  return `${canonicalJson({ formatVersion: 1, axes, inputs: curves })}\n`
}

/** JSON with sorted keys, indented by two spaces. */
export function sortedJson(value: unknown): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(value)), null, 2)}\n`
}

/**
 * Flat figures for terminals and sweep tables: `<input>.<metric>`, with `.low` and `.high` for those that have an interval,
 * `<input>.holmP` for inputs that are compared with the reference, and `<input>.chanceP` and `.withinChance` where chance was tested. Ranking metrics of vote shares end in `OfVoteShares`, so that no table puts
 * them in one column with those of other scores.
 */
export function flatMetrics({ evaluations, comparisons, chance }: EvaluationReport): Record<string, number | null> {
  const flat: Record<string, number | null> = {}
  for (const [at, evaluation] of evaluations.entries()) {
    const { name, numSamples, numGroups, numAbstained, metrics, intervals } = evaluation
    Object.assign(flat, {
      [`${name}.n`]: numSamples,
      [`${name}.groups`]: numGroups,
      [`${name}.abstained`]: numAbstained,
    })
    for (const [metric, value] of Object.entries(metrics)) {
      const isMarked = hasVoteShares(evaluation) && rankingMetrics.includes(metric)
      flat[`${name}.${metric}${isMarked ? 'OfVoteShares' : ''}`] = value
    }
    for (const metric of [...intervalMetrics, ...(hasVoteShares(evaluation) ? [] : ['macroAuroc' as const])]) {
      flat[`${name}.${metric}.low`] = intervals[metric]?.low ?? null
      flat[`${name}.${metric}.high`] = intervals[metric]?.high ?? null
    }
    const test = chance?.[at]
    if (test) Object.assign(flat, { [`${name}.chanceP`]: test.chanceP, [`${name}.withinChance`]: test.withinChance })
  }
  for (const { other, holmP } of comparisons) flat[`${other}.holmP`] = holmP
  return flat
}

function rowsOf(values: Float64Array, width: number): number[][] {
  return Array.from({ length: width }, (_, row) => [...values.subarray(row * width, (row + 1) * width)])
}
