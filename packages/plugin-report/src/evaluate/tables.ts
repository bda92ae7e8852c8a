import type { ReportTable } from '@etsef/plugin-api'
import Papa from 'papaparse'
import type { Aligned } from './align.js'
import type { Comparison } from './compare.js'
import { hasVoteShares, intervalMetrics } from './evaluation.js'
import type { Evaluation, IntervalMetric } from './evaluation.js'

/** Column headings of the metrics. */
export const metricTitles: Readonly<Record<IntervalMetric, string>> = {
  accuracy: 'Accuracy',
  balancedAccuracy: 'Balanced accuracy',
  macroF1: 'Macro-F1',
}

/** Evaluations and comparisons of one report. */
export interface Findings {
  readonly evaluations: readonly Evaluation[]
  readonly comparisons: readonly Comparison[]
  readonly primaryMetric: IntervalMetric
}

/**
 * The table people read: one row per input, primary metric first, estimates with their intervals to three digits.
 *
 * @returns Text cells; an AUROC of vote shares is marked (`(votes)`); the column `p vs <reference>` (exact McNemar, Holm) is there when inputs are compared.
 */
export function summaryTable({ evaluations, comparisons, primaryMetric }: Findings): ReportTable {
  const order = [primaryMetric, ...intervalMetrics.filter((metric) => metric !== primaryMetric)]
  const [comparison] = comparisons
  return {
    columns: [
      'Input',
      'n',
      'Groups',
      ...order.map((m) => metricTitles[m]),
      'AUROC',
      'ECE',
      ...(comparison ? [`p vs ${comparison.reference}`] : []),
    ],
    rows: evaluations.map((evaluation) => [
      evaluation.name,
      String(evaluation.numSamples),
      String(evaluation.numGroups),
      ...order.map((metric) => estimate(evaluation, metric)),
      rankingCell(evaluation, evaluation.metrics['macroAuroc'] ?? null),
      decimal(evaluation.metrics['ece'] ?? null),
      ...(comparison ? [pCell(comparisons.find(({ other }) => other === evaluation.name))] : []),
    ]),
  }
}

/** A Markdown table. */
export function markdownTable({ columns, rows }: ReportTable): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(columns), line(columns.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

/** The same figures as the summary with every digit, for programs. */
export function metricsCsv({ evaluations, comparisons }: Findings): string {
  const names = Object.keys(evaluations[0]?.metrics ?? {})
  const header = [
    'input',
    'n',
    'groups',
    'abstained',
    'scoreKind',
    ...names,
    ...intervalMetrics.flatMap((m) => [`${m}Low`, `${m}High`]),
    'exactP',
    'holmP',
  ]
  const rows = evaluations.map((evaluation) => {
    const comparison = comparisons.find(({ other }) => other === evaluation.name)
    return [
      evaluation.name,
      evaluation.numSamples,
      evaluation.numGroups,
      evaluation.numAbstained,
      evaluation.scoreKind,
      ...names.map((name) => evaluation.metrics[name] ?? null),
      ...intervalMetrics.flatMap((m) => [evaluation.intervals[m]?.low ?? null, evaluation.intervals[m]?.high ?? null]),
      comparison?.exactP ?? null,
      comparison?.holmP ?? null,
    ]
  })
  return csv([header, ...rows])
}

/** One line per input and row: ids, group, true and predicted class, scores. */
export function predictionsCsv({ judged, candidates, ids }: Aligned): string {
  const { classNames } = judged
  const header = [
    'input',
    'id',
    'group',
    'trueClass',
    'predictedClass',
    'isCorrect',
    ...classNames.map((name) => `score:${name}`),
  ]
  const rows = candidates.flatMap(({ name, yPred, scores }) =>
    ids.map((id, i) => [
      name,
      id,
      judged.groups[i]!,
      classNames[judged.yTrue[i]!]!,
      classNames[yPred[i]!] ?? '',
      yPred[i] === judged.yTrue[i] ? 1 : 0,
      ...scores.subarray(i * classNames.length, (i + 1) * classNames.length),
    ]),
  )
  return csv([header, ...rows])
}

/** A number to three digits; an en dash for "not estimable". */
export function decimal(value: number | null): string {
  return value === null ? '–' : value.toFixed(3)
}

/** Stands behind a ranking metric of vote shares. */
const voteShareMark = ' (votes)'

/** What the mark means, for below a table. */
export const voteShareNote =
  '(votes): of vote shares, of which few values exist. They rank rows in few steps, so AUROC and average precision tend to be lower for that alone: not to be compared with those of other inputs.'

/** AUROC or average precision of an evaluation, marked where scores are vote shares. */
export function rankingCell(evaluation: Pick<Evaluation, 'scoreKind'>, value: number | null): string {
  return value !== null && hasVoteShares(evaluation) ? `${decimal(value)}${voteShareMark}` : decimal(value)
}

/** A p value to three digits, `<0.001` below. */
export function pValue(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3)
}

/** A metric with its interval. */
export function estimate(
  { metrics, intervals }: Pick<Evaluation, 'metrics' | 'intervals'>,
  metric: IntervalMetric,
): string {
  const interval = intervals[metric]
  const point = decimal(metrics[metric] ?? null)
  return interval === null ? point : `${point} [${decimal(interval.low)}, ${decimal(interval.high)}]`
}

function pCell(comparison: Comparison | undefined): string {
  return comparison === undefined ? 'reference' : pValue(comparison.holmP)
}

/** Rows as CSV (RFC 4180 quoting, line feeds); null is an empty cell. */
export function csv(rows: readonly (readonly (string | number | null)[])[]): string {
  return `${Papa.unparse(rows as (string | number | null)[][], { newline: '\n' })}\n` // it only reads them
}
