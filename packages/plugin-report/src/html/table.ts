import type { ReportTable } from '@etsef/plugin-api'
import { csv } from '../evaluate/tables.js'
import { figureText, shown } from './figure.js'
import type { Figure } from './figure.js'
import { markup } from './markup.js'
import type { Markup, Part } from './markup.js'

/** A number with its interval. */
export interface Estimate {
  readonly point: Figure
  readonly low: Figure
  readonly high: Figure
  /** Behind it, e.g. that it is of vote shares. */
  readonly mark?: string
}

/** What a cell of a table holds. */
export type Cell = string | Figure | Estimate

/** A table of the report: the same cells as HTML, CSV and LaTeX. */
export interface Table {
  /** Name of its files. */
  readonly id: string
  readonly caption: string
  readonly columns: readonly string[]
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly Cell[])[]
  readonly notes?: readonly Part[]
}

/** A table as HTML; it scrolls by itself where it is wider than the page. */
export function tableMarkup({ caption, columns, rows, notes = [] }: Table): Markup {
  const isText = columns.map((_, column) => rows.every((row) => typeof row[column] === 'string'))
  const align = (column: number): string => (isText[column] ? 'text' : 'number')
  return markup`<div class="table" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column, at) => markup`<th scope="col" class="${align(at)}">${column}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map((cell, at) => (at === 0 ? markup`<th scope="row">${cellMarkup(cell)}</th>` : markup`<td class="${align(at)}">${cellMarkup(cell)}</td>`))}</tr>
`,
  )}</tbody>
</table></div>
${notes.map((note) => markup`<p class="note">${note}</p>`)}`
}

/** A table as CSV: numbers unrounded, an interval in two columns of its own. */
export function tableCsv({ columns, rows }: Table): string {
  const hasInterval = columns.map((_, column) => rows.some((row) => isEstimate(row[column])))
  const hasMark = columns.map((_, column) => rows.some((row) => markOf(row[column]) !== undefined))
  const spread = <T>(each: (column: number) => readonly T[]): T[] => columns.flatMap((_, column) => each(column))
  const header = spread((at) => [
    columns[at]!,
    ...(hasInterval[at] ? [`${columns[at]!} low`, `${columns[at]!} high`] : []),
    ...(hasMark[at] ? [`${columns[at]!} mark`] : []),
  ])
  const lines = rows.map((row) =>
    spread((at): (string | number | null)[] => {
      const cell = row[at] ?? ''
      return [
        isEstimate(cell) ? cell.point.value : typeof cell === 'string' ? cell : cell.value,
        ...(hasInterval[at] ? (isEstimate(cell) ? [cell.low.value, cell.high.value] : [null, null]) : []),
        ...(hasMark[at] ? [markOf(cell) ?? ''] : []),
      ]
    }),
  )
  return csv([header, ...lines])
}

/** A table as LaTeX for the package booktabs, numbers as on the page. */
export function tableLatex({ id, caption, columns, rows }: Table): string {
  const isText = columns.map((_, column) => rows.every((row) => typeof row[column] === 'string'))
  const line = (cells: readonly string[]): string => `  ${cells.map(escapeLatex).join(' & ')} \\\\`
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{tab:${id}}`,
    `  \\begin{tabular}{${isText.map((text, at) => (text || at === 0 ? 'l' : 'r')).join('')}}`,
    '  \\toprule',
    line(columns),
    '  \\midrule',
    ...rows.map((row) => line(row.map(cellText))),
    '  \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n')
}

/** A table as text cells. */
export function textTable({ columns, rows }: Table): ReportTable {
  return { columns, rows: rows.map((row) => row.map(cellText)) }
}

function cellMarkup(cell: Cell): Markup {
  if (typeof cell === 'string') return markup`<span class="name">${cell}</span>`
  if (!isEstimate(cell)) return shown(cell)
  const interval =
    cell.low.value === null ? null : markup` <span class="interval">[${shown(cell.low)}, ${shown(cell.high)}]</span>`
  return markup`${shown(cell.point)}${cell.mark === undefined ? null : ` ${cell.mark}`}${interval}`
}

function cellText(cell: Cell): string {
  if (typeof cell === 'string') return cell
  if (!isEstimate(cell)) return figureText(cell)
  const interval = cell.low.value === null ? '' : ` [${figureText(cell.low)}, ${figureText(cell.high)}]`
  return `${figureText(cell.point)}${interval}${cell.mark === undefined ? '' : ` ${cell.mark}`}`
}

function isEstimate(cell: Cell | undefined): cell is Estimate {
  return typeof cell === 'object' && 'point' in cell
}

function markOf(cell: Cell | undefined): string | undefined {
  return isEstimate(cell) ? cell.mark : undefined
}

const latexNames: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '–': '--',
  '−': '$-$',
  '<': '$<$',
  '>': '$>$',
}

function escapeLatex(text: string): string {
  return text.replaceAll(/[\\~^–−<>]|[&%$#_{}]/g, (character) => latexNames[character] ?? `\\${character}`)
}
