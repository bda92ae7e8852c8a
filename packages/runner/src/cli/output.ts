import { formatError, type PipelineError, type Place, type ReportTable } from '@etsef/plugin-api'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { overrideFile } from '../pipeline/overrides.js'
import type { Arguments } from './arguments.js'
import { paintFor } from './paint.js'

/** Where a command writes. */
export interface Output {
  /** A line of the result. */
  line(text: string): void
  /** A line that is not the result. */
  note(text: string): void
  readonly isTerminal: boolean
}

/** Prints the result of a verb, or writes it to the file of `--out`. */
export function writeResult(text: string, args: Arguments, output: Output): void {
  const { out } = args.values
  if (out === undefined) {
    output.line(text)
    return
  }
  const path = resolve(args.cwd, out)
  ensureFolder(dirname(path))
  writeFileSync(path, `${text}\n`)
  output.note(`wrote ${out}`)
}

/** Text of a table with columns padded. */
export function formatTable(table: ReportTable): string {
  const rows = [table.columns, ...table.rows]
  const widths = table.columns.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const isNumber = table.columns.map((_, column) =>
    table.rows.every((row) => /^[-–+]?[\d.,%]*( .*)?$/.test(row[column] ?? '')),
  )
  const print = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        isNumber[column] && column > 0 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [print(table.columns), widths.map((width) => '─'.repeat(width)).join('  '), ...table.rows.map(print)].join(
    '\n',
  )
}

/** An error with the line of the file that it is about, or with the override of the command line. */
export function formatProblem(error: PipelineError, root: string, overrides: readonly string[] = []): string {
  const excerpt = error.place && (overrideOf(error.place, overrides) ?? excerptOf(error.place, root))
  const [head, ...tail] = formatError(error).split('\n')
  const code = paintFor(process.stdout)('error', error.code)
  return [head?.replace(error.code, () => code), ...(excerpt === undefined ? [] : [excerpt]), ...tail].join('\n')
}

/** Of a value that was set on the command line the words that set it: line n of `--set` is the n-th of them. */
function overrideOf({ file, line }: Place, overrides: readonly string[]): string | undefined {
  const text = file === overrideFile ? overrides[line - 1] : undefined
  return text === undefined ? undefined : `  --set ${text}`
}

function excerptOf({ file, line, column }: Place, root: string): string | undefined {
  try {
    const text = readFileSync(resolve(root, file), 'utf8').split('\n')[line - 1]
    if (text === undefined || text.length > 500) return undefined
    const number = String(line)
    return `  ${number} │ ${text}\n  ${' '.repeat(number.length)} │ ${' '.repeat(Math.max(0, column - 1))}^`
  } catch {
    return undefined
  }
}

/** Seconds for people: `0.4 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${String(Math.round(seconds))} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${String(minutes)} min ${String(Math.round(seconds % 60))} s`
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`
}

/** Bytes for people. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let at = 0
  let value = bytes
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024
    at++
  }
  return `${at === 0 ? String(value) : value.toFixed(1)} ${units[at]!}`
}
