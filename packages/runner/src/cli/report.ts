import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { findProjectRoot } from '../registry/find-project.js'
import { reportRun } from '../run/report-run.js'
import { runDir } from '../run/run-record.js'
import { storeDirOf } from '../run/store-dir.js'
import { problem } from '../errors.js'
import type { Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { findRecord, newestRecord } from './find-record.js'
import type { Output } from './output.js'

/** The operation that makes the report where no other is named. */
const defaultOperation = 'report/html'

/** What a report is opened by. */
const page = 'index.html'

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
  const out = resolve(cwd, values.out ?? join(runDir(storeDir, record.run), 'report.html'))
  const isFolder = existsSync(out) ? statSync(out).isDirectory() : extname(out) === ''
  const dir = await reportRun({ record, root, storeDir, use: values.use ?? defaultOperation, hasFiles: isFolder })
  if (!isFolder && !existsSync(join(dir, page)))
    throw problem('ERR_BAD_DATA', {
      message: `The report has no ${page}`,
      hint: 'name a folder with --out to get what it has',
    })
  mkdirSync(isFolder ? out : dirname(out), { recursive: true })
  cpSync(isFolder ? dir : join(dir, page), out, { recursive: true })
  const shown = relative(cwd, isFolder ? join(out, page) : out)
  if (args.isJson) output.line(JSON.stringify({ run: record.run, report: isFolder ? join(out, page) : out }))
  else output.line(shown.startsWith('..') ? out : shown)
  return exitCodes.ok
}
