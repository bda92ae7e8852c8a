import { figureAt } from '../figure.js'
import type { Source } from '../figure.js'
import { subgroupNote, unknownValue } from '../../evaluate/subgroups.js'
import { metricTitle, pathOfInterval } from '../metric-names.js'
import { markup, name } from '../markup.js'
import { tableBlock, words } from '../section.js'
import type { Block, Section } from '../section.js'
import type { Cell, Estimate, Table } from '../table.js'
import { evaluationsOf } from '../told.js'
import type { StoredEvaluation, Told } from '../told.js'
import { shown } from '../figure.js'

const voteMark = '(votes)'
const shownMetrics = [
  'balancedAccuracy',
  'accuracy',
  'macroF1',
  'macroAuroc',
  'macroAveragePrecision',
  'mcc',
  'brier',
  'ece',
  'aurc',
]
const subgroupMetrics = ['balancedAccuracy', 'accuracy', 'macroF1', 'macroAuroc']
const classMetrics = ['sensitivity', 'specificity', 'ppv', 'npv', 'f1', 'auroc', 'averagePrecision']
const ranking = new Set(['macroAuroc', 'macroAveragePrecision', 'auroc', 'averagePrecision'])

/** Every input with every metric, the paired comparisons, and the table of classes of each input. */
export function scoresSections(told: Told): Section[] {
  const evaluations = evaluationsOf(told)
  const suffix = (report: string): string => (evaluations.length > 1 ? `-${report}` : '')
  const of = (report: string): string => (evaluations.length > 1 ? ` (${report})` : '')
  return evaluations.flatMap(({ name: report, source, json }): Section[] => [
    {
      id: `scores${suffix(report)}`,
      title: `Scores${of(report)}`,
      blocks: [tableBlock(summaryTable(json, source, `scores${suffix(report)}`)), ...warningBlocks(json)],
    },
    {
      id: `comparisons${suffix(report)}`,
      title: `Paired comparisons${of(report)}`,
      blocks:
        json.comparisons.length === 0
          ? []
          : [tableBlock(comparisonTable(json, source, `comparisons${suffix(report)}`))],
    },
    {
      id: `classes${suffix(report)}`,
      title: `Classes${of(report)}`,
      blocks: classBlocks(json, source, suffix(report)),
    },
    {
      id: `subgroups${suffix(report)}`,
      title: `Subgroups${of(report)}`,
      blocks: subgroupBlocks(json, source, suffix(report)),
    },
  ])
}

/** A table an attribute: every value with every input. */
function subgroupBlocks({ subgroups = [] }: StoredEvaluation, source: Source, suffix: string): Block[] {
  const attributes = [...new Set(subgroups.map(({ attribute }) => attribute))]
  return attributes.map((attribute) =>
    tableBlock({
      id: `subgroups-${attribute.replaceAll(/[^\w.-]/g, '_')}${suffix}`,
      caption: `By ${attribute}`,
      columns: [attribute, 'Input', 'n', 'Groups', ...subgroupMetrics.map(metricTitle)],
      rows: subgroups.flatMap((subgroup, at) =>
        subgroup.attribute !== attribute
          ? []
          : subgroup.inputs.map(({ name: input, scoreKind }, own): Cell[] => [
              subgroup.value || unknownValue,
              input,
              figureAt(source, ['subgroups', at, 'numSamples'], 'whole'),
              figureAt(source, ['subgroups', at, 'numGroups'], 'whole'),
              ...subgroupMetrics.map((metric) =>
                estimateAt(
                  source,
                  ['subgroups', at, 'inputs', own, 'metrics', metric],
                  ['subgroups', at, 'inputs', own, 'intervals', metric],
                  scoreKind === 'voteShare' && ranking.has(metric),
                ),
              ),
            ]),
      ),
      notes: [markup`${subgroupNote}`],
    }),
  )
}

function summaryTable(json: StoredEvaluation, source: Source, id: string): Table {
  const isThere = (metric: string): boolean => json.inputs.some(({ metrics }) => typeof metrics[metric] === 'number')
  const metrics = [json.primaryMetric, ...shownMetrics.filter((metric) => metric !== json.primaryMetric)].filter(
    isThere,
  )
  const hasVotes = json.inputs.some(({ scoreKind }) => scoreKind === 'voteShare')
  return {
    id,
    caption: `Every input on ${json.partition} rows; the reference is ${json.reference}`,
    columns: ['Input', ...metrics.map(metricTitle)],
    rows: json.inputs.map(({ name: input, scoreKind }, at): Cell[] => [
      input,
      ...metrics.map((metric) =>
        estimateAt(
          source,
          ['inputs', at, 'metrics', metric],
          pathOfInterval(at, metric),
          scoreKind === 'voteShare' && ranking.has(metric),
        ),
      ),
    ]),
    notes: [
      markup`Brackets: ${shown(figureAt(source, ['confidence'], 'level'))} intervals of ${shown(figureAt(source, ['numResamples'], 'whole'))} bootstrap resamples of whole groups (patients).`,
      hasVotes &&
        markup`${voteMark}: ranks rows by vote shares, of which few values exist, so it tends to stand lower for that alone: not to be compared with that of other inputs.`,
    ],
  }
}

function comparisonTable(json: StoredEvaluation, source: Source, id: string): Table {
  return {
    id,
    caption: `${json.reference} against every other input, on the same rows`,
    columns: [
      'Against',
      `Δ ${metricTitle(json.primaryMetric)}`,
      `Only ${json.reference} right`,
      'Only the other right',
      'Exact McNemar p',
      'Holm p',
      'Mid-p',
    ],
    rows: json.comparisons.map(({ other }, at): Cell[] => {
      const figure = (key: string, form: 'signed' | 'whole' | 'p') => figureAt(source, ['comparisons', at, key], form)
      return [
        other,
        {
          point: figure('difference', 'signed'),
          low: figureAt(source, ['comparisons', at, 'differenceInterval', 'low'], 'signed'),
          high: figureAt(source, ['comparisons', at, 'differenceInterval', 'high'], 'signed'),
        },
        figure('onlyReference', 'whole'),
        figure('onlyOther', 'whole'),
        figure('exactP', 'p'),
        figure('holmP', 'p'),
        figure('midP', 'p'),
      ]
    }),
    notes: [
      markup`Δ is ${name(json.reference)} minus the other, with an interval of whole groups: the one to read where patients have several images, which McNemar’s test takes as independent.`,
    ],
  }
}

function classBlocks(json: StoredEvaluation, source: Source, suffix: string): Block[] {
  const order = [...json.inputs.keys()].sort(
    (a, b) => Number(json.inputs[b]!.name === json.reference) - Number(json.inputs[a]!.name === json.reference),
  )
  return order.map((input) => {
    const { name: own, perClass, scoreKind } = json.inputs[input]!
    return tableBlock(
      {
        id: `classes-${own.replaceAll(/[^\w.-]/g, '_')}${suffix}`,
        caption: `Classes, ${own}`,
        columns: ['Class', 'n', ...classMetrics.map(metricTitle)],
        rows: perClass.map(({ className }, c): Cell[] => [
          className,
          figureAt(source, ['inputs', input, 'perClass', c, 'support'], 'whole'),
          ...classMetrics.map((metric) =>
            estimateAt(
              source,
              ['inputs', input, 'perClass', c, metric],
              ['inputs', input, 'perClass', c, 'intervals', metric],
              scoreKind === 'voteShare' && ranking.has(metric),
            ),
          ),
        ]),
      },
      { isFolded: own !== json.reference },
    )
  })
}

function warningBlocks({ inputs }: StoredEvaluation): Block[] {
  const warnings = inputs.flatMap(({ name: input, warnings }) =>
    warnings.map((warning) => markup`<li>${name(input)}: <span class="warning">${warning}</span></li>`),
  )
  return warnings.length === 0 ? [] : [words(markup`<ul class="warnings">${warnings}</ul>`)]
}

function estimateAt(
  source: Source,
  path: readonly (string | number)[],
  interval: readonly (string | number)[],
  isMarked: boolean,
): Estimate {
  const point = figureAt(source, path)
  return {
    point,
    low: figureAt(source, [...interval, 'low']),
    high: figureAt(source, [...interval, 'high']),
    ...(isMarked && point.value !== null ? { mark: voteMark } : {}),
  }
}
