import { resolution } from '../intervals/wilson.js'
import type { EvaluationReport } from './report-json.js'
import {
  decimal,
  estimate,
  markdownTable,
  metricTitles,
  pValue,
  rankingCell,
  summaryTable,
  voteShareNote,
} from './tables.js'
import { hasVoteShares, intervalMetrics } from './evaluation.js'
import { subgroupNote, unknownValue } from './subgroups.js'
import type { IntervalMetric } from './evaluation.js'

/** `table.md`: the summary, what it rests on, comparisons, per-class tables and warnings. */
export function reportMarkdown(report: EvaluationReport & { readonly primaryMetric: IntervalMetric }): string {
  const sections = [
    '# Evaluation',
    [
      markdownTable(summaryTable(report)),
      ...(report.evaluations.some(hasVoteShares) ? [voteShareNote] : []),
      methodNote(report),
    ].join('\n\n'),
    comparisonSection(report),
    chanceSection(report),
    ...report.evaluations.map(perClassSection),
    subgroupSection(report),
    warningSection(report),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

/** How the intervals were made and what difference a set of this size can show. */
function methodNote(report: EvaluationReport): string {
  const [first] = report.evaluations
  const level = `${String(Math.round(report.confidence * 1000) / 10)} %`
  const groups = first?.numGroups ?? 0
  return [
    `Partition \`${report.partition}\`; primary metric \`${report.primaryMetric}\`. Brackets: ${level} BCa intervals of ${report.numResamples} bootstrap resamples of whole groups. Column p: exact McNemar test, Holm-adjusted.`,
    `With ${groups} independent groups an accuracy near 0.9 is known to ±${(100 * resolution(groups, 0.9, report.confidence)).toFixed(1)} points (half-width of the Wilson interval): a smaller difference between two numbers is no gain unless the paired comparison says so.`,
  ].join(' ')
}

/** Whether the answers know more than a guesser would. */
function chanceSection({ chance, evaluations }: EvaluationReport): string {
  if (chance === null) return ''
  const table = markdownTable({
    columns: ['Input', 'p against chance'],
    rows: evaluations.map(({ name }, at) => [name, pValue(chance[at]!.chanceP)]),
  })
  return `## Against chance\n\nExact permutation test of balanced accuracy: labels are dealt anew among groups, the answers stay.\n\n${table}`
}

function comparisonSection({
  comparisons,
  cochranQ,
  primaryMetric,
  evaluations,
}: EvaluationReport & { readonly primaryMetric: IntervalMetric }): string {
  const [first] = comparisons
  if (first === undefined) return ''
  const table = markdownTable({
    columns: [
      'Reference',
      'Against',
      'Only reference right',
      'Only other right',
      'Exact McNemar p',
      'Holm p',
      `Δ ${metricTitles[primaryMetric]}`,
    ],
    rows: comparisons.map((c) => [
      c.reference,
      c.other,
      String(c.onlyReference),
      String(c.onlyOther),
      pValue(c.exactP),
      pValue(c.holmP),
      c.differenceInterval === null
        ? decimal(c.difference)
        : `${decimal(c.difference)} [${decimal(c.differenceInterval.low)}, ${decimal(c.differenceInterval.high)}]`,
    ]),
  })
  const hasRepeats = evaluations.some(({ numGroups, numSamples }) => numGroups < numSamples)
  const notes = [
    cochranQ === null ? '' : `Cochran's Q over all inputs: ${cochranQ.statistic.toFixed(2)}, p ${pValue(cochranQ.p)}.`,
    hasRepeats
      ? "Groups have several rows, which McNemar's test takes as independent: its p values are too small; read the interval of the difference."
      : '',
  ]
  return ['## Paired comparisons', table, ...notes].filter((part) => part !== '').join('\n\n')
}

function perClassSection(evaluation: EvaluationReport['evaluations'][number]): string {
  const { name, perClass } = evaluation
  return [
    `## Classes of ${name}`,
    markdownTable({
      columns: ['Class', 'n', 'Sensitivity', 'Specificity', 'PPV', 'NPV', 'F1', 'AUROC', 'AP'],
      rows: perClass.map((c) => [
        c.className,
        String(c.support),
        ...[c.sensitivity, c.specificity, c.ppv, c.npv, c.f1].map(decimal),
        ...[c.auroc, c.averagePrecision].map((value) => rankingCell(evaluation, value)),
      ]),
    }),
  ].join('\n\n')
}

function subgroupSection({ subgroups }: EvaluationReport): string {
  if (subgroups.length === 0) return ''
  const table = markdownTable({
    columns: [
      'Attribute',
      'Value',
      'Input',
      'n',
      'Groups',
      ...intervalMetrics.map((metric) => metricTitles[metric]),
      'AUROC',
    ],
    rows: subgroups.flatMap(({ attribute, value, numSamples, numGroups, inputs }) =>
      inputs.map((input) => [
        attribute,
        value || unknownValue,
        input.name,
        String(numSamples),
        String(numGroups),
        ...intervalMetrics.map((metric) => estimate(input, metric)),
        rankingCell(input, input.metrics['macroAuroc'] ?? null),
      ]),
    ),
  })
  return ['## Subgroups', table, subgroupNote].join('\n\n')
}

function warningSection({ evaluations }: EvaluationReport): string {
  const lines = evaluations.flatMap(({ name, warnings }) => warnings.map((warning) => `- ${name}: ${warning}`))
  return lines.length === 0 ? '' : ['## Warnings', lines.join('\n')].join('\n\n')
}
