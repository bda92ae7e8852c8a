import { writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { figuresOfRun } from '../export/figures-of-run.js'
import { findProjectRoot } from '../registry/find-project.js'
import { storeDirOf } from '../run/store-dir.js'
import { openStore } from '../store/store.js'
import { UsageError, type Arguments } from './arguments.js'
import { shownPath } from './copy-report.js'
import { exitCodes } from './exit-codes.js'
import { findRecord, newestRecord } from './find-record.js'
import { writeResult, type Output } from './output.js'

const formats = ['tensorboard', 'mlflow', 'csv', 'parquet'] as const
type Format = (typeof formats)[number]

/** What is written where `--out` names nothing; CSV goes to standard output. */
const defaultPaths = { tensorboard: 'tensorboard', mlflow: 'mlruns', parquet: 'figures.parquet' } as const

/**
 * `etsef export [RUN…] --to FORMAT [--out PATH]`: figures of runs, by default of the newest, for another program: event files of TensorBoard, a file
 * store of MLflow, a table of one row a figure.
 */
export async function exportRuns(args: Arguments, output: Output): Promise<number> {
  const { values, cwd, rest } = args
  const format = formatOf(values.to)
  const root = findProjectRoot(cwd)
  const storeDir = storeDirOf(root, cwd, values.store)
  const records = rest.length === 0 ? [newestRecord(storeDir)] : rest.map((run) => findRecord(run, cwd, storeDir))
  const store = openStore(storeDir)
  const exported = records.map((record) => ({ record, figures: figuresOfRun(record, store) }))
  const all = exported.flatMap(({ figures }) => figures)
  store.save()
  if (format === 'csv') {
    const { figuresCsv } = await import('../export/figure-table.js')
    writeResult(figuresCsv(all), args, output)
    return exitCodes.ok
  }
  const path = resolve(cwd, values.out ?? defaultPaths[format])
  if (format === 'parquet') {
    const { figuresParquet } = await import('../export/figure-table.js')
    ensureFolder(dirname(path))
    writeFileSync(path, await figuresParquet(all))
  } else if (format === 'tensorboard') {
    const { writeTensorboard } = await import('../export/write-tensorboard.js')
    writeTensorboard(path, all)
  } else {
    const { writeMlflow } = await import('../export/write-mlflow.js')
    for (const { record, figures } of exported) writeMlflow(path, record, figures, storeDir)
  }
  const shown = shownPath(path, cwd)
  if (args.isJson)
    output.line(JSON.stringify({ runs: records.map(({ run }) => run), figures: all.length, format, path }))
  else output.line(shown)
  return exitCodes.ok
}

function formatOf(to: readonly string[] | undefined): Format {
  const format = formats.find((each) => each === to?.[0])
  if (format !== undefined && to?.length === 1) return format
  throw new UsageError(
    `etsef export needs --to ${formats.join(', ')}${to === undefined ? '' : `, not "${to.join(' ')}"`}`,
  )
}
