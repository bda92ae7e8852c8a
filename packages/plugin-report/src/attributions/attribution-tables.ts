import { barChart } from '../figures/bar-chart.js'
import type { Figure } from '../figures/prediction-figures.js'
import { csv, markdownTable } from '../evaluate/tables.js'
import type { MeanAttribution, MeanAttributions } from './mean-attributions.js'

/** The largest first; of equal ones the one that comes first. */
export function ranked(entries: readonly MeanAttribution[]): MeanAttribution[] {
  return [...entries].sort((a, b) => b.total - a.total)
}

/** Every column and source with every digit: `name, total, columnTotal, share, <class> …`. */
export function attributionCsv(entries: readonly MeanAttribution[], classNames: readonly string[]): string {
  const sum = entries.reduce((all, { total }) => all + total, 0)
  return csv([
    ['name', 'total', 'columnTotal', 'share', ...classNames.map((name) => `class:${name}`)],
    ...ranked(entries).map(({ name, total, columnTotal, perClass }) => [
      name,
      total,
      columnTotal,
      sum > 0 ? total / sum : 0,
      ...perClass,
    ]),
  ])
}

/** `table.md`: sources, then the largest columns, and what the numbers are. */
export function attributionMarkdown(means: MeanAttributions, partition: string, numColumns: number): string {
  const { classNames, sources, columns } = means
  const top = ranked(columns).slice(0, numColumns)
  const table = (title: string, entries: readonly MeanAttribution[]): string =>
    markdownTable({
      columns: [title, 'Total', ...classNames],
      rows: entries.map(({ name, total, perClass }) => [name, digits(total), ...Array.from(perClass, digits)]),
    })
  const sections = [
    '# Attributions',
    describe(means, partition).join(' '),
    ...(sources.length > 0
      ? [
          '## Sources',
          table('Source', ranked(sources)),
          'Mean over rows of the absolute sum over the source’s columns.',
        ]
      : []),
    '## Columns',
    table('Column', top),
    columns.length > top.length ? `The ${top.length} largest of ${columns.length}; all are in columns.csv.` : '',
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

/** Figures by name: `columns`, and `sources` where there are any. */
export function attributionFigures(means: MeanAttributions, partition: string, numColumns: number): readonly Figure[] {
  const { classNames, sources, columns, unit } = means
  const figure = (name: string, title: string, entries: readonly MeanAttribution[], axis: string) => ({
    name,
    chart: barChart({
      title,
      notes: [describe(means, partition).join(' ')],
      classNames,
      bars: ranked(entries).map((entry) => ({ name: entry.name, parts: entry.perClass })),
      axis: `${axis}, ${unit}, summed over classes`,
    }),
  })
  const top = ranked(columns).slice(0, numColumns)
  const all = figure(
    'columns',
    top.length < columns.length ? `The ${top.length} columns of ${columns.length} that matter most` : 'Columns',
    top,
    'Mean |attribution|',
  )
  return sources.length > 0 ? [figure('sources', 'Sources', sources, 'Mean |sum over columns|'), all] : [all]
}

/** What the numbers are: method, unit, rows, additivity. */
function describe({ method, unit, numRows, additivityResidual }: MeanAttributions, partition: string): string[] {
  const residual = Number.isNaN(additivityResidual)
    ? 'the method does not promise to add up'
    : `sums meet the output within ${additivityResidual.toExponential(1).replace('-', '−')}`
  const rows = partition === 'none' ? 'rows' : `${partition} rows`
  return [`${method}, unit ${unit}, means of ${numRows} ${rows};`, `${residual}.`]
}

function digits(value: number): string {
  return String(Number(value.toPrecision(4)))
}
