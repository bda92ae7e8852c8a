import { join, resolve } from 'node:path'
import { findProjectRoot } from '../registry/find-project.js'
import { reportRun } from '../run/report-run.js'
import { runDir } from '../run/run-record.js'
import { storeDirOf } from '../run/store-dir.js'
import type { Arguments } from './arguments.js'
import { copyReport, destinationOf, shownPath } from './copy-report.js'
import { exitCodes } from './exit-codes.js'
import { findRecord, newestRecord } from './find-record.js'
import type { Output } from './output.js'

/** The operation that makes the report where no other is named. */
const defaultOperation = 'report/html'

/**
 * `etsef report [RUN] [--out PATH] [--use OPERATION]`: makes the report of a run, by default of the newest. PATH is the file to write, or a folder,
 * which gets tables and figures as files of their own, too.
 */
export async function report(args: Arguments, output: Output): Promise<number> {
  const { values, cwd } = args
  const root = findProjectRoot(cwd)
  const storeDir = storeDirOf(root, cwd, values.store)
  const [wanted] = args.rest
  const record = wanted === undefined ? newestRecord(storeDir) : findRecord(wanted, cwd, storeDir)
  const to = destinationOf(resolve(cwd, values.out ?? join(runDir(storeDir, record.run), 'report.html')))
  const use = values.use ?? defaultOperation
  const { dir } = await reportRun({ records: [record], root, storeDir, use, hasFiles: to.isFolder })
  const page = copyReport(dir, to)
  output.line(args.isJson ? JSON.stringify({ run: record.run, report: page }) : shownPath(page, cwd))
  return exitCodes.ok
}
