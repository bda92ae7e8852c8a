import type { LineChart } from './charts/line-chart.js'
import type { Markup } from './markup.js'
import type { Table } from './table.js'

/** A chart of the page. */
export interface ChartFigure {
  /** Name of its files, unique on the page. */
  readonly id: string
  readonly caption: string
  readonly chart: LineChart
}

/** What stands in a section, in order. */
export type Block =
  | { readonly kind: 'markup'; readonly markup: Markup }
  | { readonly kind: 'table'; readonly table: Table; readonly isFolded?: boolean }
  | { readonly kind: 'chart'; readonly figure: ChartFigure }

/** A section of the page; without blocks it is left out. */
export interface Section {
  readonly id: string
  readonly title: string
  readonly blocks: readonly Block[]
}

/** A block of markup. */
export function words(markup: Markup): Block {
  return { kind: 'markup', markup }
}

/** A block of a table. */
export function tableBlock(table: Table, options: { readonly isFolded?: boolean } = {}): Block {
  return { kind: 'table', table, ...options }
}
