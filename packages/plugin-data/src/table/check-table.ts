import { PipelineError, type Partition } from '@etsef/plugin-api'
import { existsSync, readdirSync } from 'node:fs'
import { isAbsolute, join, normalize, relative, sep } from 'node:path'
import { nearestName } from '@etsef/plugin-api/semantics'
import { compareCodePoints, listNames } from '../folder/list-folder.js'
import { formatPlace, type Box } from '../folder/picture-place.js'
import type { RawTable } from './read-csv.js'

/** Which columns hold what. */
export interface TableColumns {
  readonly fileColumn: string
  readonly labelColumn: string
  readonly groupColumn: string | null
  readonly partitionColumn: string | null
  /** Left, top, width, height. */
  readonly boxColumns: readonly string[] | null
  readonly frameColumn: string | null
  readonly attributes: readonly string[]
}

/** What a table is checked against. */
export interface TableChecks extends TableColumns {
  /** Folder below which the pictures lie, absolute. */
  readonly root: string
  /** How the table is called in messages. */
  readonly name: string
  readonly classes?: readonly string[] | undefined
}

/** One picture of a table. */
export interface TableRow {
  /** Where the picture is: id and uri of its row. */
  readonly path: string
  readonly label: number
  readonly group: string | undefined
  readonly partition: Partition
}

/** Rows of a table without a fault. */
export interface CheckedTable {
  readonly classNames: readonly string[]
  readonly files: readonly TableRow[]
  readonly partitions: readonly Partition[]
  /** Columns by name, in the order of the files. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

/** Words of a partition column. */
const partitionWords: Readonly<Record<string, Partition>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  dev: 'val',
  test: 'test',
  testing: 'test',
  none: 'none',
}

/** The partition that a word stands for. */
export function partitionOf(word: string): Partition | undefined {
  return partitionWords[word.trim().toLowerCase()]
}

/** Problems named in an error. */
const mostNamed = 20

/**
 * Rows of a table, sorted by class and path as those of a folder are.
 *
 * @throws PipelineError `ERR_BAD_OPTION` for columns that are not there; `ERR_BAD_DATA` that names everything wrong with rows at once, each with
 *   its line; `ERR_CLASS_LIST` for a class that no row has.
 */
export function checkTable(table: RawTable, checks: TableChecks): CheckedTable {
  refuseMissingColumns(table.columns, checks)
  const { name, classes, attributes } = checks
  const at = (column: string | null): number => (column === null ? -1 : table.columns.indexOf(column))
  const columns = {
    file: at(checks.fileColumn),
    label: at(checks.labelColumn),
    group: at(checks.groupColumn),
    partition: at(checks.partitionColumn),
    frame: at(checks.frameColumn),
    box: checks.boxColumns?.map(at) ?? [],
  }
  const problems: string[] = []
  const isThere = existenceBelow(checks.root)
  const lineOf = new Map<string, number>()
  const groupPartition = new Map<string, { readonly partition: Partition; readonly line: number }>()
  const rows: (Omit<TableRow, 'label'> & { readonly className: string; readonly record: readonly string[] })[] = []
  table.records.forEach((record, index) => {
    const line = table.lines[index]!
    const found: string[] = []
    const text = (column: number): string => (record[column] ?? '').trim()
    if (record.length !== table.columns.length)
      found.push(`${String(record.length)} cells, not ${String(table.columns.length)}`)
    const file = pathBelow(checks.root, text(columns.file))
    if (text(columns.file) === '') found.push(`${checks.fileColumn} is empty`)
    else if (file === undefined) found.push(`"${text(columns.file)}" is outside the folder of the pictures`)
    else if (!isThere(file)) found.push(`there is no file "${file}"`)
    const className = text(columns.label)
    if (className === '') found.push(`${checks.labelColumn} is empty`)
    else if (classes && !classes.includes(className)) found.push(unknownClass(className, classes))
    const group = columns.group < 0 ? undefined : text(columns.group)
    if (group === '') found.push(`${checks.groupColumn!} is empty`)
    const partition = columns.partition < 0 ? 'none' : partitionOf(text(columns.partition))
    if (partition === undefined)
      found.push(`${checks.partitionColumn!} is "${text(columns.partition)}", not train, val or test`)
    const frame = columns.frame < 0 || text(columns.frame) === '' ? undefined : Number(text(columns.frame))
    if (frame !== undefined && !(Number.isInteger(frame) && frame >= 0))
      found.push(`${checks.frameColumn!} is "${text(columns.frame)}", not a number from 0`)
    const box = boxOf(columns.box.map(text))
    if (typeof box === 'string') found.push(`the box ${box}`)
    if (found.length === 0 && file !== undefined && partition !== undefined && typeof box !== 'string') {
      const path = formatPlace({ path: file, frame, box })
      const before = lineOf.get(path)
      if (before !== undefined) found.push(`"${path}" stands in ${table.unit} ${String(before)}, too`)
      else lineOf.set(path, line)
      const other = group === undefined ? undefined : groupPartition.get(group)
      if (other !== undefined && other.partition !== partition)
        found.push(
          `group "${group!}" is in ${partition}, and in ${other.partition} by ${table.unit} ${String(other.line)}`,
        )
      else if (group !== undefined && !other) groupPartition.set(group, { partition, line })
      rows.push({ path, group, partition, className, record })
    }
    for (const problem of found)
      problems.push(
        table.unit === 'line' ? `${name}:${String(line)}: ${problem}` : `${name}, row ${String(line)}: ${problem}`,
      )
  })
  refuseProblems(problems, table.records.length, name)
  const classNames = classes ?? [...new Set(rows.map(({ className }) => className))].sort(compareCodePoints)
  refuseEmpty(classNames, rows, name)
  const labels = new Map(classNames.map((className, label) => [className, label]))
  const ordered = rows
    .map((row) => ({ row, label: labels.get(row.className)!, key: Buffer.from(row.path) }))
    .sort((a, b) => a.label - b.label || Buffer.compare(a.key, b.key))
  return {
    classNames,
    files: ordered.map(({ row: { path, group, partition }, label }) => ({ path, label, group, partition })),
    partitions: [...new Set(rows.map(({ partition }) => partition))].sort(),
    attributes: Object.fromEntries(
      attributes.map((attribute) => {
        const column = at(attribute)
        return [attribute, ordered.map(({ row }) => (row.record[column] ?? '').trim())]
      }),
    ),
  }
}

function refuseMissingColumns(columns: readonly string[], checks: TableChecks): void {
  const wanted: readonly (readonly [string, string | null])[] = [
    ['fileColumn', checks.fileColumn],
    ['labelColumn', checks.labelColumn],
    ['groupColumn', checks.groupColumn],
    ['partitionColumn', checks.partitionColumn],
    ['frameColumn', checks.frameColumn],
    ...(checks.boxColumns ?? []).map((column) => ['boxColumns', column] as const),
    ...checks.attributes.map((column) => ['attributes', column] as const),
  ]
  const missing = wanted.filter(([, column]) => column !== null && !columns.includes(column))
  const [first] = missing
  if (!first) return
  const near = nearestName(first[1]!, columns)
  throw new PipelineError('ERR_BAD_OPTION', {
    message: `${checks.name} has no column ${missing.map(([option, column]) => `"${column!}" (${option})`).join(', ')}`,
    option: first[0],
    expected: listNames(columns, 20),
    received: first[1]!,
    hint: near === undefined ? 'name columns as the first line does' : `did you mean "${near}"?`,
  })
}

/** Path below the root, `/` between parts; undefined for one that leads out. */
function pathBelow(root: string, file: string): string | undefined {
  const path = (isAbsolute(file) ? relative(root, file) : normalize(file.replaceAll('\\', '/'))).split(sep).join('/')
  return path === '..' || path.startsWith('../') || isAbsolute(path) ? undefined : path
}

/** Whether files are there, asked a folder at a time: a table names thousands. */
function existenceBelow(root: string): (path: string) => boolean {
  const folders = new Map<string, ReadonlySet<string>>()
  return (path) => {
    const slash = path.lastIndexOf('/')
    const folder = path.slice(0, Math.max(slash, 0))
    let names = folders.get(folder)
    if (!names) {
      const directory = join(root, folder)
      names = new Set(existsSync(directory) ? readdirSync(directory) : [])
      folders.set(folder, names)
    }
    // Some file systems know a file by several spellings.
    return names.has(path.slice(slash + 1)) || existsSync(join(root, path))
  }
}

/** The box that four cells name; undefined where all are empty; what is wrong with it as a text. */
function boxOf(cells: readonly string[]): Box | undefined | string {
  if (cells.every((cell) => cell === '')) return undefined
  const [left, top, width, height] = cells.map((cell) => (cell === '' ? NaN : Number(cell)))
  const isWhole = [left, top, width, height].every((value) => Number.isInteger(value) && value! >= 0)
  if (!isWhole || width === 0 || height === 0)
    return `${cells.join(',')} is not left, top, width and height in whole pixels`
  return { left: left!, top: top!, width: width!, height: height! }
}

function unknownClass(className: string, classes: readonly string[]): string {
  const near = nearestName(className, classes)
  return `class "${className}" is not in the class list${near === undefined ? '' : `; did you mean "${near}"?`}`
}

function refuseProblems(problems: readonly string[], numRows: number, name: string): void {
  if (problems.length === 0) return
  const rest = problems.length - mostNamed
  throw new PipelineError('ERR_BAD_DATA', {
    message:
      problems.length === 1
        ? problems[0]!
        : [
            `${String(problems.length)} problems with ${String(numRows)} rows of ${name}:`,
            ...problems.slice(0, mostNamed).map((problem) => `  ${problem}`),
            ...(rest > 0 ? [`  and ${String(rest)} more`] : []),
          ].join('\n'),
    option: 'table',
    hint: 'correct or remove these rows',
  })
}

function refuseEmpty(
  classNames: readonly string[],
  rows: readonly { readonly className: string }[],
  name: string,
): void {
  const present = new Set(rows.map(({ className }) => className))
  const empty = classNames.filter((className) => !present.has(className))
  if (rows.length > 0 && empty.length === 0) return
  throw new PipelineError('ERR_CLASS_LIST', {
    message:
      rows.length === 0
        ? `${name} has no rows`
        : `No row of ${name} is of class ${empty.map((each) => `"${each}"`).join(', ')}`,
    option: rows.length === 0 ? 'table' : 'classes',
    hint:
      rows.length === 0
        ? 'a line names a picture and its class'
        : 'classes are written as in the table, upper and lower case alike',
  })
}
