import { resolve } from 'node:path'
import { findProjectRoot } from '../registry/find-project.js'
import { reportRun } from '../run/report-run.js'
import { storeDirOf } from '../run/store-dir.js'
import { UsageError, type Arguments } from './arguments.js'
import { copyReport, destinationOf, shownPath } from './copy-report.js'
import { exitCodes } from './exit-codes.js'
import { findRecord } from './find-record.js'
import { formatTable, type Output } from './output.js'

/** The operation that compares where no other is named. */
const defaultOperation = 'report/compare'

/**
 * `etsef compare RUN RUN… [--out PATH] [--use OPERATION]`: in what runs differ, and what that did to their figures; the others are held against
 * the first. PATH is a page to write, or a folder, which gets tables and figures, too.
 */
export async function compare(args: Arguments, output: Output): Promise<number> {
  const { values, cwd, rest } = args
  if (new Set(rest).size < 2) throw new UsageError('etsef compare needs two different runs, or more')
  const root = findProjectRoot(cwd)
  const storeDir = storeDirOf(root, cwd, values.store)
  const records = rest.map((wanted) => findRecord(wanted, cwd, storeDir))
  const to = values.out === undefined ? undefined : destinationOf(resolve(cwd, values.out))
  const use = values.use ?? defaultOperation
  const { dir, table, differences } = await reportRun({ records, root, storeDir, use, hasFiles: to?.isFolder ?? false })
  const page = to && copyReport(dir, to)
  if (args.isJson) {
    output.line(
      JSON.stringify({ runs: records.map(({ run }) => run), differences, table: table ?? null, report: page ?? null }),
    )
    return exitCodes.ok
  }
  if (differences.length === 0) output.line('no difference in pipeline, data, code, versions, seed and engine')
  else
    output.line(
      formatTable({
        columns: ['differs in', 'what', ...records.map(({ run }) => run)],
        rows: differences.map(({ kind, what, values: each }) => [
          kind,
          what,
          ...each.map((value) => value ?? '(none)'),
        ]),
      }),
    )
  if (table) output.line(`\n${formatTable(table)}`)
  if (page !== undefined) output.line(`\n${shownPath(page, cwd)}`)
  return exitCodes.ok
}
