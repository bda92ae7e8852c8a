import { relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidPipeline, problem } from '../errors.js'
import { holderOf, isRunLive } from '../run/live-runs.js'
import { listRuns, readRunRecord } from '../run/run-record.js'
import { openStore } from '../store/store.js'
import { checkSweep, openSweep, type CheckedSweep, type SweepRequest } from '../sweep/check-sweep.js'
import { readBegun, readJournal } from '../sweep/journal.js'
import { sweepResults } from '../sweep/known-results.js'
import { mergeTrials, resultDigests, type KeyedSweep } from '../sweep/merge-trials.js'
import { planSweep, runSweep } from '../sweep/run-sweep.js'
import { standings } from '../sweep/standing.js'
import { overridesOf, type Trial } from '../sweep/trial.js'
import { UsageError, type Arguments } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { listenForInterrupts } from './interrupts.js'
import { executorOption, machineOptions } from './machine-options.js'
import { formatSeconds, formatTable, type Output } from './output.js'
import { progressPrinter } from './progress.js'

const shownTrials = 60
/** What a run that was told to stop may take to end its stages. */
const cancelMs = 15_000

/** `etsef sweep plan|run|resume|status|cancel FILE`: the trials of a sweep, as one run in which nothing is computed twice. */
export async function sweep(args: Arguments, output: Output): Promise<number> {
  const [action] = args.rest
  if (action === 'plan') return plan(args, output)
  if (action === 'run') return run(await keyedSweep(args, args.rest[1]), args, output)
  if (action === 'resume') return resume(args, output)
  if (action === 'status') return status(args, output)
  if (action === 'cancel') return cancel(args, output)
  throw new UsageError('etsef sweep plan FILE, or run, resume, status or cancel in place of plan')
}

/** Which sweep the words of a command name. */
export function sweepRequest({ cwd, values }: Arguments, file: string | undefined): SweepRequest {
  if (file === undefined) throw new UsageError('the path of a sweep is missing')
  return {
    file,
    cwd,
    storeDir: values.store,
    engine: values.engine,
    profile: values.profile,
    isParanoid: values.paranoid ?? false,
  }
}

/** The sweep that the words of a command name, with the keys of every trial. @throws InvalidPipeline */
async function keyedSweep(args: Arguments, file: string | undefined): Promise<KeyedSweep> {
  const found = await checkSweep(sweepRequest(args, file))
  if (found.problems.length > 0 || !('pipelines' in found)) throw new InvalidPipeline(found.problems)
  return mergeTrials(found)
}

async function plan(args: Arguments, output: Output): Promise<number> {
  const keyed = await keyedSweep(args, args.rest[1])
  const { sweep } = keyed
  const { missing, numToRun, numOfTrials, numStages } = planSweep(keyed, openStore(sweep.storeDir))
  if (args.isJson) {
    const trials = sweep.trials.map((trial) => ({
      ...described(trial),
      overrides: overridesOf(trial.settings),
      missing: missing.get(trial.id)?.length ?? 0,
    }))
    output.line(JSON.stringify({ sweep: sweep.name, numToRun, numStages, numOfTrials, trials }))
    return exitCodes.ok
  }
  printTrials(sweep.trials, 'to run', (trial) => String(missing.get(trial.id)?.length ?? 0), output)
  output.line(
    `\n${String(sweep.trials.length)} trials need ${String(numOfTrials)} stages, ${String(numStages)} of them distinct: ${String(numToRun)} will run`,
  )
  return exitCodes.ok
}

/** Goes on with what a run of the sweep began and did not end: trials that are new in the file, or failed, are for `run`. */
async function resume(args: Arguments, output: Output): Promise<number> {
  const keyed = await keyedSweep(args, args.rest[1])
  const { file, storeDir, name } = keyed.sweep
  const begun = readBegun(storeDir, name)
  if (begun.size === 0)
    throw problem('ERR_BAD_REFERENCE', {
      message: `No run of "${file}" was begun that could be resumed`,
      hint: `begin one with: etsef sweep run ${args.rest[1]!}`,
    })
  const standing = standings({ sweep: keyed.sweep, results: resultDigests(keyed) })
  return run(keyed, args, output, (trial) => begun.has(trial) && standing.get(trial)!.state !== 'failed')
}

/** Stops the run of a sweep that goes on in another terminal, as Ctrl-C does there. */
async function cancel(args: Arguments, output: Output): Promise<number> {
  const { expanded } = await openSweep(sweepRequest(args, args.rest[1]))
  const { file, storeDir } = expanded
  const run = listRuns(storeDir).find((id) => isRunLive(storeDir, id) && readRunRecord(storeDir, id)?.file === file)
  const holder = run === undefined ? undefined : holderOf(storeDir, run)
  if (run === undefined || !holder)
    throw problem('ERR_BAD_REFERENCE', {
      message: `No run of "${file}" goes on in ${storeDir}`,
      hint: `etsef sweep status ${args.rest[1]!} tells what became of its trials`,
    })
  if (!holder.isHere)
    throw problem('ERR_BAD_REFERENCE', {
      message: `The run ${run} of "${file}" goes on at another machine`,
      received: holder.host,
      hint: 'cancel it there',
    })
  process.kill(holder.pid, 'SIGINT')
  const patience = AbortSignal.timeout(cancelMs)
  while (isRunLive(storeDir, run) && !patience.aborted) await sleep(50)
  const isOver = !isRunLive(storeDir, run)
  if (args.isJson) output.line(JSON.stringify({ run, isOver }))
  else output.line(isOver ? `${run} is cancelled` : `${run} was told to stop, and has not yet`)
  return isOver ? exitCodes.ok : exitCodes.failed
}

async function run(
  keyed: KeyedSweep,
  args: Arguments,
  output: Output,
  isAsked?: (trial: string) => boolean,
): Promise<number> {
  const { values } = args
  const isEventLog = values.log === 'json'
  const printer =
    args.isJson || isEventLog || args.isQuiet
      ? undefined
      : progressPrinter(output, (text) => process.stderr.write(text))
  const outcome = await runSweep(keyed, {
    ...machineOptions(args),
    executor: await executorOption(args, keyed.union.registry),
    ...(isAsked ? { isAsked } : {}),
    signal: listenForInterrupts(),
    emit: (event) => {
      if (isEventLog) output.line(JSON.stringify(event))
      printer?.listen(event)
    },
  })
  printer?.close()
  const records = outcome.runs.map(({ record }) => record)
  const record = records.at(-1)!
  const seconds = records.reduce((sum, each) => sum + each.seconds, 0)
  const done = records
    .flatMap(({ stages }) => Object.values(stages))
    .filter(({ outcome: each }) => each === 'done').length
  const status = (['interrupted', 'failed'] as const).find((each) => records.some((one) => one.status === each)) ?? 'ok'
  const { sweep } = keyed
  if (args.isJson) {
    const trials = Object.fromEntries(outcome.states)
    output.line(
      JSON.stringify({
        sweep: sweep.name,
        run: record.run,
        status,
        seconds,
        done,
        trials,
      }),
    )
  } else if (!isEventLog) {
    printFailures(sweep, output)
    const states = [...outcome.states.values()]
    const counts = (['ok', 'failed', 'interrupted', 'pruned'] as const).flatMap((state) => {
      const count = states.filter((each) => each === state).length
      return count > 0 ? [`${String(count)} ${state}`] : []
    })
    output.line(
      `${String(states.length)} trials: ${counts.join(', ')}; ${String(done)} stages computed in ${formatSeconds(seconds)}`,
    )
  }
  if (status === 'interrupted') return exitCodes.interrupted
  return status === 'failed' ? exitCodes.failed : exitCodes.ok
}

async function status(args: Arguments, output: Output): Promise<number> {
  const found = await sweepResults(sweepRequest(args, args.rest[1]))
  const { sweep } = found
  const standing = standings(found)
  const stateOf = (trial: Trial): string => standing.get(trial.id)!.state
  const journal = readJournal(sweep.storeDir, sweep.name)
  const known = new Set(sweep.trials.map(({ id }) => id))
  const numOthers = [...journal.keys()].filter((id) => !known.has(id)).length
  if (args.isJson) {
    const trials = sweep.trials.map((trial) => ({
      ...described(trial),
      state: stateOf(trial),
      ...pick(journal.get(trial.id)),
    }))
    output.line(JSON.stringify({ sweep: sweep.name, trials, numOthers }))
    return exitCodes.ok
  }
  printTrials(sweep.trials, 'state', stateOf, output)
  printFailures(sweep, output)
  const states = sweep.trials.map(stateOf)
  const counts = [...new Set(states)].map(
    (state) => `${String(states.filter((each) => each === state).length)} ${state}`,
  )
  output.line(`\n${String(states.length)} trials: ${counts.join(', ')}`)
  if (numOthers > 0) output.line(`${String(numOthers)} more in the journal that the file no longer has`)
  return exitCodes.ok
}

function described({ id, factors, repeat }: Trial): object {
  return { trial: id, factors, repeat }
}

function pick(entry: ReturnType<ReturnType<typeof readJournal>['get']>): object {
  return entry ? { run: entry.run, time: entry.time, log: entry.log, error: entry.error, reason: entry.reason } : {}
}

function printTrials(trials: readonly Trial[], column: string, textOf: (trial: Trial) => string, output: Output): void {
  const varied = [
    ...new Set(trials.flatMap(({ factors, repeat }) => [...Object.keys(factors), ...Object.keys(repeat)])),
  ]
  const rows = trials.slice(0, shownTrials).map((trial) => {
    const values: Readonly<Record<string, string>> = { ...trial.factors, ...trial.repeat }
    return [trial.id, ...varied.map((name) => values[name] ?? '–'), textOf(trial)]
  })
  output.line(formatTable({ columns: ['trial', ...varied, column], rows }))
  if (trials.length > shownTrials) output.line(`… and ${String(trials.length - shownTrials)} more`)
}

function printFailures(
  { trials, storeDir, name }: Pick<CheckedSweep, 'trials' | 'storeDir' | 'name'>,
  output: Output,
): void {
  const journal = readJournal(storeDir, name)
  for (const { id } of trials) {
    const entry = journal.get(id)
    if (entry?.state !== 'failed') continue
    output.line(`\ntrial ${id} failed: ${entry.error ?? 'see its run'}`)
    if (entry.log !== undefined) output.line(`  log       ${relative(process.cwd(), entry.log)}`)
  }
}
