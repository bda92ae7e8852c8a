import { relative } from 'node:path'
import { InvalidPipeline } from '../errors.js'
import { openStore } from '../store/store.js'
import { checkSweep, type CheckedSweep, type SweepRequest } from '../sweep/check-sweep.js'
import { readJournal } from '../sweep/journal.js'
import { mergeTrials, type KeyedSweep } from '../sweep/merge-trials.js'
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

/** `etsef sweep plan|run|status FILE`: the trials of a sweep, as one run in which nothing is computed twice. */
export async function sweep(args: Arguments, output: Output): Promise<number> {
  const [action] = args.rest
  if (action === 'plan') return plan(args, output)
  if (action === 'run') return run(args, output)
  if (action === 'status') return status(args, output)
  throw new UsageError('etsef sweep plan FILE, etsef sweep run FILE or etsef sweep status FILE')
}

/** Which sweep the words of a command name. */
function sweepRequest({ cwd, values }: Arguments, file: string | undefined): SweepRequest {
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
export async function keyedSweep(args: Arguments, file: string | undefined): Promise<KeyedSweep> {
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

async function run(args: Arguments, output: Output): Promise<number> {
  const { values } = args
  const keyed = await keyedSweep(args, args.rest[1])
  const isEventLog = values.log === 'json'
  const printer =
    args.isJson || isEventLog || args.isQuiet
      ? undefined
      : progressPrinter(output, (text) => process.stderr.write(text))
  const outcome = await runSweep(keyed, {
    ...machineOptions(args),
    executor: await executorOption(args, keyed.union.registry),
    signal: listenForInterrupts(),
    emit: (event) => {
      if (isEventLog) output.line(JSON.stringify(event))
      printer?.listen(event)
    },
  })
  printer?.close()
  const { record } = outcome.run
  const done = Object.values(record.stages).filter((stage) => stage.outcome === 'done').length
  const { sweep } = keyed
  if (args.isJson) {
    const trials = Object.fromEntries(outcome.states)
    output.line(
      JSON.stringify({
        sweep: sweep.name,
        run: record.run,
        status: record.status,
        seconds: record.seconds,
        done,
        trials,
      }),
    )
  } else if (!isEventLog) {
    printFailures(sweep, output)
    const states = [...outcome.states.values()]
    const counts = (['ok', 'failed', 'interrupted'] as const).flatMap((state) => {
      const count = states.filter((each) => each === state).length
      return count > 0 ? [`${String(count)} ${state}`] : []
    })
    output.line(
      `${String(states.length)} trials: ${counts.join(', ')}; ${String(done)} stages computed in ${formatSeconds(record.seconds)}`,
    )
  }
  if (record.status === 'interrupted') return exitCodes.interrupted
  return record.status === 'failed' ? exitCodes.failed : exitCodes.ok
}

async function status(args: Arguments, output: Output): Promise<number> {
  const keyed = await keyedSweep(args, args.rest[1])
  const { sweep } = keyed
  const standing = standings(keyed)
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
  return entry ? { run: entry.run, time: entry.time, log: entry.log, error: entry.error } : {}
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
