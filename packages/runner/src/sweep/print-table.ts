import type { ReportTable } from '@etsef/plugin-api'
import type { Estimate, SweepRow, SweepTable } from './tabulate.js'

/** The table for people: an interval as `0.912 [0.880, 0.944]`. */
export function readableTable({ columns, rows, hasBaseline }: SweepTable): ReportTable {
  const hasTimes = rows.some(({ cpuMinutes }) => cpuMinutes !== undefined)
  return {
    columns: [
      ...columns,
      ...['metric', 'n', 'mean', 'sd', '95 % interval'],
      ...(hasBaseline ? ['difference', 'above / equal / below', 'p', 'p (Holm)'] : []),
      ...(hasTimes ? ['CPU min', 'Pareto'] : []),
    ],
    rows: rows.map((row) => [
      ...columns.map((name) => row.group[name] ?? ''),
      row.metric,
      row.numRows === undefined || row.numRepeats > 1 ? String(row.numRepeats) : `${String(row.numRows)} rows`,
      figure(row.estimate.mean),
      figure(row.estimate.sd),
      bounds(row.estimate),
      ...(hasBaseline ? [differenceText(row), winsText(row), pText(row.p), pText(row.pHolm)] : []),
      ...(hasTimes ? [row.cpuMinutes?.toFixed(1) ?? '–', row.isPareto ? 'yes' : ''] : []),
    ]),
  }
}

function differenceText({ isBaseline, difference }: SweepRow): string {
  if (isBaseline) return 'baseline'
  if (!difference) return '–'
  const sign = difference.mean < 0 ? '' : '+'
  return `${sign}${figure(difference.mean)}${difference.interval ? ` ${bounds(difference)}` : ''}`
}

function winsText({ wins }: SweepRow): string {
  return wins ? `${String(wins.above)} / ${String(wins.equal)} / ${String(wins.below)}` : ''
}

function pText(p: number | undefined): string {
  if (p === undefined) return '–'
  return p < 0.0001 ? '< 0.0001' : p.toFixed(p < 0.001 ? 4 : 3)
}

function bounds({ interval }: Estimate): string {
  return interval ? `[${figure(interval.low)}, ${figure(interval.high)}]` : '–'
}

function figure(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3).replace('-', '−')
}

/** Every figure in full, a column each. */
export function csvTable({ columns, rows }: SweepTable): string {
  const names = [
    'metric',
    'n',
    'mean',
    'sd',
    'low',
    'high',
    'difference',
    'differenceLow',
    'differenceHigh',
    'p',
    'pHolm',
    'cpuMinutes',
    'isPareto',
  ]
  const lines = rows.map(({ group, metric, numRepeats, estimate, difference, p, pHolm, cpuMinutes, isPareto }) => [
    ...columns.map((name) => group[name] ?? ''),
    metric,
    numRepeats,
    ...numbersOf(estimate, true),
    ...numbersOf(difference, false),
    p,
    pHolm,
    cpuMinutes,
    cpuMinutes === undefined ? undefined : String(isPareto),
  ])
  return [[...columns, ...names], ...lines].map((line) => line.map(csvCell).join(',')).join('\n')
}

function numbersOf(estimate: Estimate | undefined, hasSd: boolean): readonly (number | undefined)[] {
  const spread = hasSd ? [estimate?.sd] : []
  return [estimate?.mean, ...spread, estimate?.interval?.low, estimate?.interval?.high]
}

function csvCell(value: string | number | undefined): string {
  const text = String(value ?? '')
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A Markdown table. */
export function markdownTable({ columns, rows }: ReportTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** A `tabular` for LaTeX with the lines of booktabs. */
export function latexTable({ columns, rows }: ReportTable): string {
  const line = (cells: readonly string[]): string => `${cells.map(latexText).join(' & ')} \\\\`
  return [
    `\\begin{tabular}{${'l'.repeat(columns.length)}}`,
    '\\toprule',
    line(columns),
    '\\midrule',
    ...rows.map(line),
    '\\bottomrule',
    '\\end{tabular}',
  ].join('\n')
}

const latexSpecial: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '<': '$<$',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '−': '$-$',
  '–': '--',
}

function latexText(text: string): string {
  return text.replace(/[\\~^−–<&%$#_{}]/g, (character) => latexSpecial[character] ?? `\\${character}`)
}
