import { locate, type PipelineError } from '@etsef/plugin-api'
import { cpSync, existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { RunEvent } from '../run/events.js'
import { checkPipeline } from '../run/check-pipeline.js'
import { keyPipeline, type KeyedPipeline } from '../run/key-pipeline.js'
import { runPipeline, type RunOutcome } from '../run/run-pipeline.js'
import { nameList, pipelineRequest, UsageError, type Arguments } from './arguments.js'
import { page } from './copy-report.js'
import { exitCodes } from './exit-codes.js'
import { prepareFolder } from './named-path.js'
import { listenForInterrupts } from './interrupts.js'
import { executorOption, machineOptions } from './machine-options.js'
import { formatProblem, formatSeconds, formatTable, type Output } from './output.js'
import { progressPrinter } from './progress.js'

/** `etsef run FILE`: computes what is not cached and prints what the reports say. */
export async function run(args: Arguments, output: Output): Promise<number> {
  const { values } = args
  const checked = await checkPipeline(pipelineRequest(args))
  const keyed = await keyPipeline(checked)
  const isEventLog = values.log === 'json'
  const printer =
    args.isJson || isEventLog || args.isQuiet
      ? undefined
      : progressPrinter(output, (text) => process.stderr.write(text))
  const onError = values['on-error'] ?? 'stop'
  if (onError !== 'stop' && onError !== 'continue')
    throw new UsageError(`--on-error is stop or continue, not "${onError}"`)
  const only = nameList(values.only)
  const to = nameList(values.to)
  const from = nameList(values.from)
  // Whether reports can be copied there shows before hours of computing, not after.
  if (values.out !== undefined) prepareFolder('out', resolve(args.cwd, values.out))
  const outcome = await runPipeline(keyed, {
    ...machineOptions(args),
    executor: await executorOption(args, checked.registry),
    selection: { ...(only ? { only } : {}), ...(to ? { to } : {}), ...(from ? { from } : {}) },
    onError,
    signal: listenForInterrupts(),
    emit: (event: RunEvent) => {
      if (isEventLog) output.line(JSON.stringify(event))
      printer?.listen(event)
    },
  })
  printer?.close()
  if (values.out !== undefined) copyReports(outcome, resolve(args.cwd, values.out))
  if (args.isJson) output.line(JSON.stringify(summaryOf(outcome, keyed)))
  else if (!isEventLog)
    printOutcome(outcome, keyed, values.out === undefined ? undefined : resolve(args.cwd, values.out), output)
  if (outcome.record.status === 'interrupted') return exitCodes.interrupted
  return outcome.record.status === 'failed' ? exitCodes.failed : exitCodes.ok
}

/** The object that `run --json` prints. */
export function summaryOf({ record, reports }: RunOutcome, keyed: KeyedPipeline): unknown {
  const nodes: Record<
    string,
    { state: string; seconds: number; metrics?: Readonly<Record<string, number | null>>; error?: PipelineError }
  > = {}
  const worst = ['pruned', 'cached', 'done', 'skipped', 'cancelled', 'failed']
  for (const [id, stage] of Object.entries(record.stages)) {
    const before = nodes[stage.node]
    const state = before && worst.indexOf(before.state) > worst.indexOf(stage.outcome) ? before.state : stage.outcome
    const metrics = { ...before?.metrics, ...stage.metrics }
    const own = reports.get(id)?.error
    const error = before?.error ?? (own && located(own, stage.node, keyed))
    nodes[stage.node] = {
      state,
      seconds: Math.round(((before?.seconds ?? 0) + stage.seconds) * 1000) / 1000,
      ...(Object.keys(metrics).length > 0 ? { metrics } : {}),
      ...(error === undefined ? {} : { error }),
    }
  }
  const { run: id, status, engine, seconds, testLabelReads } = record
  return { run: id, status, engine: engine ?? null, seconds, testLabelReads, nodes }
}

/** The error with its place in the pipeline: the option that is to blame, else the operation. */
export function located(error: PipelineError, stageNode: string, { graph }: KeyedPipeline): PipelineError {
  const node = graph.nodes.get(error.node ?? stageNode)
  return locate(error, {
    place: error.option === undefined ? node?.usePlace : node?.placeOfOption(error.option.split(/[/.]/)),
  })
}

function copyReports(outcome: RunOutcome, out: string): void {
  for (const [node, dir] of Object.entries(outcome.reportDirs)) cpSync(dir, join(out, node), { recursive: true })
}

function printOutcome(outcome: RunOutcome, keyed: KeyedPipeline, out: string | undefined, output: Output): void {
  const { record, reports, reportDirs } = outcome
  for (const report of reports.values()) {
    for (const entry of Object.values(report.manifest?.outputs ?? {})) {
      if (entry.table) output.line(`\n${formatTable(entry.table)}`)
    }
  }
  for (const [id, report] of reports) {
    if (!report.error) continue
    output.line(
      `\n${formatProblem(located(report.error, record.stages[id]!.node, keyed), keyed.root, keyed.request.overrides)}`,
    )
    const { logFile, plugin } = record.stages[id]!
    output.line(`  node      ${report.error.node ?? id} (${plugin})`)
    if (logFile !== undefined) output.line(`  log       ${relative(process.cwd(), logFile)}`)
  }
  const all = Object.values(record.stages)
  const count = (outcomeName: string): number => all.filter((stage) => stage.outcome === outcomeName).length
  const parts = (['done', 'cached', 'pruned', 'failed', 'skipped', 'cancelled'] as const).flatMap((name) =>
    count(name) > 0 ? [`${String(count(name))} ${name}`] : [],
  )
  output.line(
    `\n${record.status} in ${formatSeconds(record.seconds)}: ${parts.join(', ')}${record.engine === undefined ? '' : `; engine ${record.engine}`}; ${String(record.testLabelReads)} test labels read by reports`,
  )
  for (const [node, dir] of Object.entries(reportDirs)) {
    const shown = out === undefined ? dir : join(out, node)
    // A report that is a page is named by the file to open, any other by its folder.
    output.line(`  ${node}: ${relative(process.cwd(), existsSync(join(dir, page)) ? join(shown, page) : shown) || '.'}`)
  }
}
