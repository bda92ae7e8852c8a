import Papa from 'papaparse'
import { isPredicted, type PredictionRow } from './predicted-row.js'

/** What rows are written as. */
export const rowFormats = ['csv', 'jsonl', 'parquet'] as const
/** One of {@link rowFormats}. */
export type RowFormat = (typeof rowFormats)[number]

/** Names of classes and members: what columns there are. */
export interface RowColumns {
  readonly classNames: readonly string[]
  readonly memberNames: readonly string[]
}

/** Takes rows as they come; text is handed on at once, a table of columns at the end. */
export interface RowSink {
  write(rows: readonly PredictionRow[]): void
  close(): Promise<void>
}

type Cell = string | number | boolean | undefined

/** Columns of a table of rows: the answer, its scores by class, the class that each member gives, and what went wrong. */
function columnNames({ classNames, memberNames }: RowColumns): readonly string[] {
  return [
    ...['id', 'class', 'abstained', 'margin', 'predictionSet'],
    ...classNames.map((name) => `score.${name}`),
    ...memberNames.map((name) => `member.${name}`),
    ...['sha256', 'error', 'message'],
  ]
}

/** The cells of a row, as {@link columnNames} names them. */
function cellsOf(row: PredictionRow, { classNames, memberNames }: RowColumns): readonly Cell[] {
  if (!isPredicted(row)) {
    const empty = new Array<Cell>(4 + classNames.length + memberNames.length + 1).fill(undefined)
    return [row.id, ...empty, row.error.code, row.error.message]
  }
  return [
    ...[row.id, row.className, row.abstained, row.margin, row.predictionSet?.join('|')],
    ...classNames.map((name) => row.scores[name]),
    ...memberNames.map((name) => row.members[name]?.className),
    ...[row.sha256, undefined, undefined],
  ]
}

/** A sink of a format. @param write - Takes what is to be written, in order. */
export function openRowSink(
  format: RowFormat,
  columns: RowColumns,
  write: (chunk: string | Uint8Array) => void,
): RowSink {
  if (format === 'jsonl')
    return {
      write: (rows) => {
        for (const row of rows) write(`${JSON.stringify(row)}\n`)
      },
      close: () => Promise.resolve(),
    }
  const names = columnNames(columns)
  if (format === 'csv') {
    const line = (cells: readonly Cell[]): string => `${Papa.unparse([[...cells]], { newline: '\n' })}\n`
    write(line(names))
    return {
      write: (rows) => {
        for (const row of rows) write(line(cellsOf(row, columns)))
      },
      close: () => Promise.resolve(),
    }
  }
  const table: (readonly Cell[])[] = []
  return {
    write: (rows) => {
      for (const row of rows) table.push(cellsOf(row, columns))
    },
    async close() {
      const { parquetWriteBuffer } = await import('hyparquet-writer')
      const columnData = names.map((name, at) => ({
        name,
        type: typeOf(name),
        nullable: name !== 'id',
        data: table.map((cells) => cells[at] ?? null),
      }))
      write(new Uint8Array(parquetWriteBuffer({ columnData })))
    },
  }
}

function typeOf(name: string): 'STRING' | 'DOUBLE' | 'BOOLEAN' {
  if (name === 'abstained') return 'BOOLEAN'
  return name === 'margin' || name.startsWith('score.') ? 'DOUBLE' : 'STRING'
}
