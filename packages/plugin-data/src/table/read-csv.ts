import { PipelineError } from '@etsef/plugin-api'
import type { default as PapaType } from 'papaparse'
import { createRequire } from 'node:module'

/** Rows of a table as texts, with what each is called in messages. */
export interface RawTable {
  readonly columns: readonly string[]
  readonly records: readonly (readonly string[])[]
  /** Number of each record's line in the file (of a Parquet file: of its row), from 1. */
  readonly lines: Int32Array
  /** `line` or `row`. */
  readonly unit: 'line' | 'row'
}

/** Loads a module where it is needed: the list of a plugin's operations loads no reader of CSV, the plan of a table does. */
const loadNow = createRequire(import.meta.url)

/**
 * Records of a CSV text: its first line names the columns; blank lines are passed over; commas, semicolons or tabs part the cells.
 *
 * @param name - How the file is called in messages.
 * @throws PipelineError `ERR_BAD_DATA` for broken quoting, with the line, and for a header with an empty or doubled name.
 */
export function readCsv(text: string, name: string): RawTable {
  const Papa = loadNow('papaparse') as typeof PapaType
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), {
    delimitersToGuess: [',', ';', '\t', '|'],
  })
  const lines = lineNumbers(data)
  const [broken] = errors.filter(({ type }) => type === 'Quotes')
  if (broken)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `${name}:${String(lines[broken.row ?? 0] ?? 1)}: ${broken.message}`,
      option: 'table',
      hint: 'a cell that begins with a quotation mark ends with one, and doubles those inside',
    })
  const [header = []] = data
  const columns = header.map((column) => column.trim())
  const doubled = columns.find((column, at) => column === '' || columns.indexOf(column) !== at)
  if (doubled !== undefined)
    throw new PipelineError('ERR_BAD_DATA', {
      message: `${name}:1: ${doubled === '' ? 'a column has no name' : `column "${doubled}" stands twice`}`,
      option: 'table',
      expected: 'a first line that names every column once',
      received: header.join(','),
    })
  const isBlank = (record: readonly string[]): boolean => record.every((cell) => cell.trim() === '')
  const kept = [...data.keys()].filter((at) => at > 0 && !isBlank(data[at]!))
  return {
    columns,
    records: kept.map((at) => data[at]!),
    lines: Int32Array.from(kept, (at) => lines[at]!),
    unit: 'line',
  }
}

/** A record ends its line, but a quoted cell may hold line breaks. */
function lineNumbers(records: readonly (readonly string[])[]): Int32Array {
  let line = 1
  return Int32Array.from(records, (record) => {
    const own = line
    line++
    for (const cell of record) if (cell.includes('\n')) line += cell.split('\n').length - 1
    return own
  })
}
