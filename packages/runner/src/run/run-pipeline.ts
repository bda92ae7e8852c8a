import type { Stage } from '../plan/stages.js'
import { availableParallelism } from 'node:os'
import { asError, InvalidPipeline } from '../errors.js'
import { createWorkerPool } from '../executor/worker-pool.js'
import { keepCode } from '../registry/code-record.js'
import { createDurability } from '../store/durability.js'
import { openKeyLocks, sweepLocks } from '../store/key-lock.js'
import { storeProblem } from '../store/store-problem.js'
import { openStore } from '../store/store.js'
import { sweepTemporary } from '../store/temporary.js'
import { aloneNotice, checkMemory, machineMemoryMb } from './check-memory.js'
import { watchCode } from './code-watch.js'
import { dispatchStages } from './dispatch.js'
import type { RunStatus, TimedEvent } from './events.js'
import type { KeyedPipeline } from './key-pipeline.js'
import { openExecutor, type ChosenExecutor } from './load-executor.js'
import { longestFirst } from './longest-first.js'
import { recordBase, runIdOf, stageRecord } from './make-record.js'
import { planRun, type Selection } from './plan-run.js'
import { publishReports, reportFolders } from './report-folders.js'
import { createBudget, gpuDevices } from './resource-budget.js'
import { beginFiles, journaled, timed } from './run-files.js'
import { runDir, writeRecord, type RunRecord } from './run-record.js'
import { runStages, type StageReport } from './run-stages.js'
import { defaultRetries, type Retries } from './schedule.js'
import { attempts } from './stage-attempt.js'

/** How to run. */
export interface RunOptions {
  /** Stages at a time; default: one per CPU. */
  readonly jobs?: number | undefined
  readonly gpus?: number | undefined
  /** A word by which the run is found among others. */
  readonly tag?: string | undefined
  /**
   * Bound on what the stages of a run need together: one that is estimated to need more is refused, one that takes more is ended.
   * Default: the machine's, where it runs alone.
   */
  readonly memoryMb?: number | undefined
  readonly selection?: Selection
  /** Stages begin in the order of the plan: of many trials some are done early. Default: those first after which most is left to do. */
  readonly isInPlanOrder?: boolean
  readonly onError?: 'stop' | 'continue'
  readonly retries?: Retries
  /** Of one attempt. */
  readonly timeoutMs?: number | undefined
  /** Runs the stages elsewhere; left out: in processes of this machine. */
  readonly executor?: ChosenExecutor | undefined
  readonly signal?: AbortSignal
  readonly emit?: (event: TimedEvent) => void
}

/** What a run came to. */
export interface RunOutcome {
  readonly record: RunRecord
  readonly reports: ReadonlyMap<string, StageReport>
  /** Folder of each report that was asked for, by node. */
  readonly reportDirs: Readonly<Record<string, string>>
}

const stopGraceMs = 800

/**
 * Runs a pipeline: what the store lacks is computed in child processes and published; every run is a resume.
 *
 * @returns The record, also when nodes failed or the run was cancelled. Reports of the pipeline are copied into the run's folder.
 */
export async function runPipeline(keyed: KeyedPipeline, options: RunOptions = {}): Promise<RunOutcome> {
  const started = new Date()
  const startedAt = performance.now()
  const store = openStore(keyed.storeDir)
  sweepTemporary(store.dir)
  sweepLocks(store.dir)
  const { plan, forced } = planRun(keyed, store, options.selection)
  const memoryMb = options.memoryMb ?? machineMemoryMb()
  const { executor } = options
  const tooLarge = executor ? [] : checkMemory(keyed.graph, plan, memoryMb)
  if (options.memoryMb !== undefined && tooLarge.length > 0) throw new InvalidPipeline(tooLarge)
  const run = runIdOf(started)
  const planned = [...plan.stages.values()]
  const numToRun = planned.filter((each) => each.state === 'run').length
  const signal = options.signal ?? new AbortController().signal
  const cpus = options.jobs ?? availableParallelism()
  const devices = gpuDevices(options.gpus ?? 0, process.env['CUDA_VISIBLE_DEVICES'])
  const base = recordBase(keyed, run, started, options)
  const session = executor && numToRun > 0 ? await openExecutor(executor, keyed, run, timed(options.emit)) : undefined
  const files = beginFiles(store, numToRun, {
    ...base,
    status: 'running',
    seconds: 0,
    testLabelReads: 0,
    stages: Object.fromEntries(
      planned.map(({ stage, state }) => [
        stage.id,
        stageRecord(stage, undefined, state === 'run' ? 'cancelled' : state),
      ]),
    ),
  })
  const emit = journaled(files?.journal, options.emit)
  const logDir = files?.logDir ?? ''
  if (files) for (const code of keyed.codes.values()) keepCode(store.dir, code)
  emit({ type: 'run-started', run, numStages: planned.length, numToRun })
  if (!files)
    emit({ type: 'notice', message: `the store ${store.dir} can only be read: no record of this run is kept` })
  for (const notice of keyed.notices) emit({ type: 'notice', message: notice })
  for (const error of tooLarge) emit({ type: 'notice', message: aloneNotice(error, keyed.root) })
  const pool = createWorkerPool({ size: cpus, logDir, cwd: keyed.root, memoryMb: options.memoryMb })
  const durability = createDurability()
  const locks = openKeyLocks(store.dir)
  const code = watchCode(keyed, store, logDir)
  const { attempt, extend, logFiles } = attempts({
    keyed,
    store,
    forced,
    pool,
    devices,
    durability,
    code,
    logDir,
    timeoutMs: options.timeoutMs,
    emit,
  })
  const cancel = (): void => {
    void pool.stop(stopGraceMs)
  }
  signal.addEventListener('abort', cancel, { once: true })
  let reports: ReadonlyMap<string, StageReport> = new Map()
  let unsettled: Error | undefined
  try {
    if (numToRun > 1 && !session) {
      // Workers with an engine take the first stages, too, and are there when the engine is needed.
      const needsEngine =
        options.memoryMb === undefined && planned.some(({ stage, state }) => state === 'run' && stage.needsEngine)
      const engine = needsEngine ? keyed.engine?.name : undefined
      pool.warm({ threads: 1, engine, devices: devices.length > 0 ? [] : undefined }, Math.min(cpus, numToRun))
    }
    const common = {
      // Only GPUs that the run offers (`--gpus`) may be requested: a cluster asked for one it has not keeps the task waiting for ever.
      stages: session ? withOffered(keyed.stages, options.gpus ?? 0) : keyed.stages,
      wanted: plan.wanted,
      forced,
      store,
      locks,
      retries: options.retries ?? defaultRetries,
      onError: options.onError ?? 'stop',
      signal,
      numToRun,
      emit,
      ...(options.isInPlanOrder === true ? {} : { order: longestFirst(keyed.stages) }),
    } as const
    reports =
      session && executor
        ? await dispatchStages({
            ...common,
            session,
            executor: executor.executor,
            run,
            keyed,
            code,
            timeoutMs: options.timeoutMs,
            logFiles,
          })
        : await runStages({ ...common, attempt, extend, budget: createBudget({ cpus, memoryMb, devices }) })
  } catch (thrown) {
    files?.lease.release()
    throw thrown
  } finally {
    signal.removeEventListener('abort', cancel)
    await pool.stop(signal.aborted ? stopGraceMs : 200)
    unsettled = await durability.settled().then(() => undefined, asError)
    reports = code.settle(reports)
    locks.close()
    store.save()
  }
  const outcomes = [...reports.values()].map((report) => report.outcome)
  const status: RunStatus = signal.aborted ? 'interrupted' : outcomes.includes('failed') || unsettled ? 'failed' : 'ok'
  const stages = Object.fromEntries(
    planned.map(({ stage }) => [stage.id, stageRecord(stage, reports.get(stage.id), 'pruned', logFiles.get(stage.id))]),
  )
  const testLabelReads = Object.values(stages).reduce((total, stage) => total + (stage.testLabelReads ?? 0), 0)
  const record: RunRecord = { ...base, status, seconds: secondsSince(startedAt), testLabelReads, stages }
  // On a full disk a stage has failed first, and its error names the cause. The record cannot be written either, which need not be said
  // again.
  const keep = (what: string, work: () => void): void => {
    try {
      work()
    } catch (thrown) {
      const error = storeProblem(thrown, store.dir)
      if (!error) throw thrown
      emit({ type: 'notice', message: `${what} is not kept: ${error.message}` })
    }
  }
  let reportDirs: Record<string, string> = {}
  if (files) {
    keep('the record of this run', () => {
      writeRecord(runDir(store.dir, run), record)
    })
    keep('a copy of the reports', () => {
      reportDirs = publishReports(keyed, reports, store.dir, run)
    })
    files.lease.release()
  } else reportDirs = Object.fromEntries(reportFolders(keyed, reports, store.dir))
  emit({ type: 'run-finished', run, status, seconds: record.seconds })
  if (unsettled) throw storeProblem(unsettled, store.dir) ?? unsettled
  return { record, reports, reportDirs }
}

function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000
}

/** Stages that ask for no more GPUs than there are. */
function withOffered(stages: ReadonlyMap<string, Stage>, gpus: number): ReadonlyMap<string, Stage> {
  return new Map(
    [...stages].map(([id, stage]) => [
      id,
      { ...stage, resources: { ...stage.resources, gpus: Math.min(stage.resources.gpus ?? 0, gpus) } },
    ]),
  )
}
