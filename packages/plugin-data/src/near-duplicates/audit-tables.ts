import type { ReportTable } from '@etsef/plugin-api'
import Papa from 'papaparse'
import type { Audit, AuditedRow } from './audit.js'

/** Files and tables of an audit. */
export interface AuditTables {
  /** One per input: `file,group,partition,class`, to be given back to `data/folder` as its groups file. */
  readonly groups: ReadonlyMap<string, string>
  readonly pairs: string
  readonly sharedGroups: string
  readonly metrics: Readonly<Record<string, number>>
  readonly table: ReportTable
}

/** What an audit is written as. */
export function auditTables(rows: readonly AuditedRow[], audit: Audit): AuditTables {
  const inputs = [...new Set(rows.map(({ input }) => input))]
  const sizes = new Map<number, number>()
  for (const cluster of audit.cluster) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1)
  const several = [...sizes.values()].filter((size) => size > 1)
  const metrics = {
    pictures: rows.length,
    nearDuplicateGroups: several.length,
    nearDuplicates: several.reduce((sum, size) => sum + size, 0),
    'pairs.acrossPartitions': audit.numLeaks,
    'pairs.acrossClasses': audit.numAcrossClasses,
    'pairs.acrossInputs': audit.numAcrossInputs,
    'sharedGroups.acrossPartitions': audit.sharedGroups.length,
  }
  return {
    groups: new Map(inputs.map((input) => [input, groupsCsv(rows, audit, input)])),
    pairs: pairsCsv(rows, audit),
    sharedGroups: csv([
      ['group', 'testInput', 'testFile', 'otherInput', 'otherFile', 'otherPartition'],
      ...audit.sharedGroups.map(({ group, test, other }) => [
        group,
        rows[test]!.input,
        rows[test]!.file,
        rows[other]!.input,
        rows[other]!.file,
        rows[other]!.partition,
      ]),
    ]),
    metrics,
    table: {
      columns: ['finding', 'number'],
      rows: [
        ['pictures', String(metrics.pictures)],
        [
          'groups of near-duplicates',
          `${String(metrics.nearDuplicateGroups)} (${String(metrics.nearDuplicates)} pictures)`,
        ],
        ['pairs across partitions', String(audit.numLeaks)],
        ['pairs of different classes', String(audit.numAcrossClasses)],
        ['pairs across data sets', String(audit.numAcrossInputs)],
        ['patients in test and, elsewhere, not', String(audit.sharedGroups.length)],
      ],
    },
  }
}

/** A table as Markdown, with the pairs that leak below. */
export function auditMarkdown(rows: readonly AuditedRow[], audit: Audit, table: ReportTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const leaks = audit.pairs.filter(({ isLeak }) => isLeak).slice(0, 20)
  const examples = leaks.map(({ a, b, distance, correlation }) =>
    line([nameOf(rows[a]!), nameOf(rows[b]!), String(distance), correlation.toFixed(4)]),
  )
  const listed = ['', line(['picture', 'picture', 'bits', 'correlation']), '| --- | --- | ---: | ---: |', ...examples]
  const lines = [line(table.columns), '| --- | ---: |', ...table.rows.map(line), ...(leaks.length > 0 ? listed : [])]
  return `${lines.join('\n')}\n`
}

/** A picture as messages call it: data set, file, partition. */
export function nameOf({ input, file, partition }: AuditedRow): string {
  return `${input}: ${file} (${partition})`
}

function groupsCsv(rows: readonly AuditedRow[], { groups, cluster }: Audit, input: string): string {
  // Augmented copies have the file of their original.
  const written = new Set<string>()
  const lines = rows.flatMap(({ input: own, file, partition, className = '' }, row) => {
    if (own !== input || written.has(file)) return []
    written.add(file)
    return [[file, groups[row]!, partition, className, String(cluster[row]!)]]
  })
  return csv([['file', 'group', 'partition', 'class', 'nearDuplicates'], ...lines])
}

function pairsCsv(rows: readonly AuditedRow[], { pairs }: Audit): string {
  const side = (row: AuditedRow): string[] => [row.input, row.file, row.partition, row.className ?? '', row.group]
  const columns = ['input', 'file', 'partition', 'class', 'group']
  return csv([
    [
      'acrossPartitions',
      'acrossClasses',
      'bits',
      'correlation',
      ...columns.map((c) => `a.${c}`),
      ...columns.map((c) => `b.${c}`),
    ],
    ...pairs.map(({ a, b, distance, correlation, isLeak, hasTwoClasses }) => [
      isLeak ? 'yes' : 'no',
      hasTwoClasses ? 'yes' : 'no',
      String(distance),
      correlation.toFixed(6),
      ...side(rows[a]!),
      ...side(rows[b]!),
    ]),
  ])
}

function csv(lines: readonly (readonly string[])[]): string {
  return `${Papa.unparse(lines as string[][], { newline: '\n' })}\n` // it only reads them
}
