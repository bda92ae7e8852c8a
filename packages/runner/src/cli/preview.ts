import { copyFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { checkPipeline } from '../run/check-pipeline.js'
import { keyPipeline } from '../run/key-pipeline.js'
import { previewedPort, previewNode } from '../run/preview-node.js'
import { runPipeline } from '../run/run-pipeline.js'
import { pipelineRequest, UsageError, wholeNumber, type Arguments } from './arguments.js'
import { shownPath } from './copy-report.js'
import { exitCodes } from './exit-codes.js'
import { listenForInterrupts } from './interrupts.js'
import { formatProblem, type Output } from './output.js'
import { progressPrinter } from './progress.js'
import { located } from './run.js'

/**
 * `etsef preview FILE NODE [--rows 6] [--draws 5] -o sheet.png`: pictures of a node, beside each its random views or copies with what was
 * drawn for them. Computes what the node needs and nothing after it.
 */
export async function preview(args: Arguments, output: Output): Promise<number> {
  const { values, cwd } = args
  const name = args.rest[1]
  if (name === undefined) throw new UsageError('etsef preview FILE NODE -o sheet.png')
  const rows = wholeNumber(values.rows, 'rows') ?? 6
  const draws = wholeNumber(values.draws, 'draws') ?? 5
  if (rows > 40 || draws > 20) throw new UsageError('a sheet has at most 40 rows and 20 draws')
  const path = resolve(cwd, values.out ?? 'sheet.png')
  const keyed = await keyPipeline(await checkPipeline(pipelineRequest(args)))
  const port = previewedPort(keyed, name)
  const printer = args.isJson || args.isQuiet ? undefined : progressPrinter(output, (text) => process.stderr.write(text)) // prettier-ignore
  const { record, reports } = await runPipeline(keyed, {
    selection: { to: [port.node] },
    signal: listenForInterrupts(),
    emit: (event) => printer?.listen(event),
  })
  printer?.close()
  if (record.status !== 'ok') {
    for (const [id, { error }] of reports) {
      if (error) output.line(formatProblem(located(error, record.stages[id]!.node, keyed), keyed.root, values.set))
    }
    return record.status === 'interrupted' ? exitCodes.interrupted : exitCodes.failed
  }
  const sheet = await previewNode(keyed, port, { run: record.run, options: { rows, draws } })
  ensureFolder(dirname(path))
  copyFileSync(sheet, path)
  output.line(args.isJson ? JSON.stringify({ run: record.run, sheet: path }) : shownPath(path, cwd))
  return exitCodes.ok
}
