import { toPlain } from '../pipeline/located.js'
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { FromWorker, StageResult, StageSpec } from '../executor/protocol.js'
import type { PipelineError } from '@etsef/plugin-api'
import { asError, InvalidPipeline, problem } from '../errors.js'
import { createWorkerPool } from '../executor/worker-pool.js'
import { loaderChain, type LoaderChain } from '../plan/loader-chain.js'
import type { Stage } from '../plan/stages.js'
import { keepCode } from '../registry/code-record.js'
import { changedFile } from '../store/content-digest.js'
import { createDurability } from '../store/durability.js'
import { openKeyLocks, sweepLocks } from '../store/key-lock.js'
import { filesDigest, manifestDigest } from '../store/manifest.js'
import { storeProblem } from '../store/store-problem.js'
import { openStore, storeFolders, type Store } from '../store/store.js'
import { sweepTemporary } from '../store/temporary.js'
import { aloneNotice, checkMemory, machineMemoryMb } from './check-memory.js'
import { watchCode } from './code-watch.js'
import type { EventListener, RunEvent, RunStatus } from './events.js'
import { beginRun, type RunLease } from './live-runs.js'
import { planRun, type Selection } from './plan-run.js'
import type { KeyedPipeline } from './key-pipeline.js'
import { createBudget, gpuDevices, type Granted } from './resource-budget.js'
import { runDir, writeRecord, type RunRecord, type StageRecord } from './run-record.js'
import { runStages, type StageReport } from './run-stages.js'
import { defaultRetries, type Retries } from './schedule.js'

/** How to run. */
export interface RunOptions {
  /** Stages at a time; default: one per CPU. */
  readonly jobs?: number | undefined
  readonly gpus?: number | undefined
  /**
   * Bound on what the stages of a run need together: one that is estimated to need more is refused, one that takes more is ended.
   * Default: the machine's, where it runs alone.
   */
  readonly memoryMb?: number | undefined
  readonly selection?: Selection
  readonly onError?: 'stop' | 'continue'
  readonly retries?: Retries
  /** Of one attempt. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal
  readonly emit?: EventListener
}

/** What a run came to. */
export interface RunOutcome {
  readonly record: RunRecord
  readonly reports: ReadonlyMap<string, StageReport>
  /** Folder of each report that was asked for, by node. */
  readonly reportDirs: Readonly<Record<string, string>>
}

const stopGraceMs = 800

/** Version of this package. */
export const runnerVersion = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
).version

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
  const tooLarge = checkMemory(keyed.graph, plan, memoryMb)
  if (options.memoryMb !== undefined && tooLarge.length > 0) throw new InvalidPipeline(tooLarge)
  const run = runIdOf(started)
  const planned = [...plan.stages.values()]
  const numToRun = planned.filter((each) => each.state === 'run').length
  const signal = options.signal ?? new AbortController().signal
  const cpus = options.jobs ?? availableParallelism()
  const devices = gpuDevices(options.gpus ?? 0, process.env['CUDA_VISIBLE_DEVICES'])
  const base = recordBase(keyed, run, started, options)
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
  const logFiles = new Map<string, string>()
  const code = watchCode(keyed, store, logDir)
  const makeSpec = specMaker(keyed, store.dir)
  const attempt = async (stage: Stage, granted: Granted, number: number): Promise<StageResult> => {
    const logFile = join(logDir, `${stage.id.replace(':', '.')}.${String(number)}.log`)
    logFiles.set(stage.id, logFile)
    const threads = granted.cpus
    emit({ type: 'stage-started', stage: stage.id, node: stage.node, attempt: number, logFile })
    const spec = {
      ...makeSpec(stage, { threads, attempt: number, logFile, replaces: forced.has(stage.id) }),
      code: code.seenBy(stage),
    }
    const kind = {
      threads,
      engine: stage.needsEngine ? keyed.engine?.name : undefined,
      devices: devices.length > 0 ? granted.devices : undefined,
    }
    const result = await pool.run(spec, {
      kind,
      timeoutMs: options.timeoutMs,
      refusal: () => changedContent(keyed, stage),
      onMessage: (message) => {
        forward(stage, message, emit)
      },
    })
    if (result.published !== 'same') code.published(stage)
    if (result.published === 'new') {
      durability.add(store.path(stage.key), result.manifest)
    }
    if (result.published === 'differs')
      emit({
        type: 'notice',
        message: `"${stage.id}" gave other bytes than before for equal inputs: ${stage.type} is not deterministic, or what it read was other then; the ${spec.replaces ? 'new' : 'first'} result is kept`,
      })
    return result
  }
  const cancel = (): void => {
    void pool.stop(stopGraceMs)
  }
  signal.addEventListener('abort', cancel, { once: true })
  let reports: ReadonlyMap<string, StageReport> = new Map()
  let unsettled: Error | undefined
  try {
    if (numToRun > 1)
      pool.warm(
        { threads: 1, engine: undefined, devices: devices.length > 0 ? [] : undefined },
        Math.min(cpus, numToRun),
      )
    reports = await runStages({
      stages: keyed.stages,
      wanted: plan.wanted,
      forced,
      store,
      locks,
      budget: createBudget({ cpus, memoryMb, devices }),
      retries: options.retries ?? defaultRetries,
      onError: options.onError ?? 'stop',
      signal,
      numToRun,
      attempt,
      emit,
    })
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
  // Of a full disk, what a stage said of it is the news; that the record could not be written either is not.
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

interface RunFiles {
  readonly journal: number
  readonly logDir: string
  readonly lease: RunLease
}

/**
 * The files of a run, and the run made known.
 *
 * @returns `undefined` in a store that can only be read, when all is cached. @throws PipelineError `ERR_STORE` when something is to run.
 */
function beginFiles(store: Store, numToRun: number, record: RunRecord): RunFiles | undefined {
  let lease: RunLease | undefined
  try {
    lease = beginRun(store.dir, record)
    const logDir = join(store.dir, storeFolders.logs, record.run)
    mkdirSync(logDir, { recursive: true })
    return { lease, logDir, journal: openSync(join(runDir(store.dir, record.run), 'events.jsonl'), 'a') }
  } catch (thrown) {
    lease?.release()
    const error = storeProblem(thrown, store.dir)
    if (error && numToRun === 0) return undefined
    throw error ?? thrown
  }
}

function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000
}

/** Sorts by time; two runs of one millisecond differ by their process. */
function runIdOf(time: Date): string {
  return `${time.toISOString().replace(/[-:]/g, '').replace('T', '-').replace('Z', '').replace('.', '-')}-${String(process.pid)}`
}

function recordBase(
  keyed: KeyedPipeline,
  run: string,
  started: Date,
  options: RunOptions,
): Omit<RunRecord, 'status' | 'seconds' | 'stages' | 'testLabelReads'> {
  const { document, request, engine, contents, registry } = keyed
  return {
    format: 1,
    run,
    startedAt: started.toISOString(),
    pipeline: document.name,
    file: document.file,
    command: {
      overrides: request.overrides ?? [],
      profile: request.profile,
      seed: request.seed,
      engine: request.engine,
      jobs: options.jobs,
    },
    resolved: { ...(toPlain(document.root) as Readonly<Record<string, never>>), seed: document.seed },
    engine: engine?.id,
    versions: {
      runner: runnerVersion,
      node: process.version,
      plugins: Object.fromEntries(registry.installed.map(({ packageName, version }) => [packageName, version])),
    },
    contents,
  }
}

function stageRecord(
  stage: Stage,
  report: StageReport | undefined,
  otherwise: StageRecord['outcome'],
  logFile?: string,
): StageRecord {
  const { manifest, result, error } = report ?? {}
  const figures = manifest && Object.values(manifest.outputs).find((output) => output.metrics)?.metrics
  const metrics = { ...manifest?.metrics, ...figures }
  return {
    node: stage.node,
    key: stage.key,
    outcome: report?.outcome ?? otherwise,
    seconds: report?.seconds ?? 0,
    attempts: report?.attempts ?? 0,
    ingredients: stage.ingredients,
    plugin: `${stage.plugin.packageName}@${stage.plugin.version}`,
    ...(manifest
      ? {
          digest: result?.digest ?? manifestDigest(manifest),
          filesDigest: filesDigest(manifest),
          testLabelReads: manifest.testLabelReads,
        }
      : {}),
    ...(Object.keys(metrics).length > 0 ? { metrics } : {}),
    ...(result ? { peakLiveImages: result.peakLiveImages, maxRssMb: result.maxRssMb } : {}),
    ...(logFile === undefined ? {} : { logFile }),
    ...(error ? { error } : {}),
  }
}

function specMaker(
  keyed: KeyedPipeline,
  storeDir: string,
): (stage: Stage, attempt: Pick<StageSpec, 'threads' | 'attempt' | 'logFile' | 'replaces'>) => StageSpec {
  const chains = new Map<string, LoaderChain>()
  return (stage, attempt) => ({
    ...attempt,
    key: stage.key,
    node: stage.node,
    part: stage.part,
    type: stage.type,
    plugin: { entry: stage.plugin.entry, packageName: stage.plugin.packageName, version: stage.plugin.version },
    options: stage.options,
    seed: stage.ingredients.seed,
    ...(stage.needsEngine && keyed.engine ? { engine: keyed.engine.name } : {}),
    inputs: stage.inputs.map((input) => {
      const producer = keyed.stages.get(input.stage)!
      const { port, name, kind, output } = input
      return {
        port,
        name,
        kind,
        output,
        key: producer.key,
        ...(kind === 'images' ? { loader: loaderChain(keyed.graph, keyed.stages, producer.node, output, chains) } : {}),
      }
    }),
    ...(stage.fitStage === undefined ? {} : { state: keyed.stages.get(stage.fitStage)!.key }),
    outputs: stage.outputs,
    specs: stage.specs,
    storeDir,
    ...(keyed.digested.has(stage.node) ? { readsContent: true } : {}),
  })
}

/** Content of a stage that is not as it was when its digest went into the key: what was made of it is not what the key says. */
function changedContent(keyed: KeyedPipeline, stage: Stage): PipelineError | undefined {
  for (const { option, text, content } of keyed.digested.get(stage.node) ?? []) {
    const file = changedFile(content)
    if (file === undefined) continue
    return problem('ERR_CHANGED_FILE', {
      message: `"${file === '' ? text : file}" was changed while "${stage.node}" was made of it`,
      option,
      expected: 'files as they were when the run began',
      hint: 'leave the files alone during a run, and run again',
    })
  }
  return undefined
}

function forward(stage: Stage, message: FromWorker, emit: EventListener): void {
  const where = { stage: stage.id, node: stage.node }
  if (message.type === 'progress')
    emit({ type: 'stage-progress', ...where, done: message.done, total: message.total, unit: message.unit })
  else if (message.type === 'log') emit({ type: 'stage-log', ...where, level: message.level, message: message.message })
  else if (message.type === 'metric')
    emit({ type: 'stage-metric', ...where, name: message.name, value: message.value, step: message.step })
}

/** Events go to the journal first, except the fleeting ones. */
function journaled(journal: number | undefined, listener: EventListener | undefined): EventListener {
  let descriptor = journal
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }
  return (event: RunEvent) => {
    try {
      if (descriptor !== undefined && event.type !== 'stage-progress')
        writeSync(descriptor, `${JSON.stringify(event)}\n`)
    } catch {
      // A full disk: the run goes on as far as it can, and says what it was.
      close()
    }
    listener?.(event)
    if (event.type === 'run-finished') close()
  }
}

/** Reports leave the store as copies: what a reader does to them cannot damage an artifact. */
function publishReports(
  keyed: KeyedPipeline,
  reports: ReadonlyMap<string, StageReport>,
  storeDir: string,
  run: string,
): Record<string, string> {
  const dirs: Record<string, string> = {}
  for (const [node, folder] of reportFolders(keyed, reports, storeDir)) {
    const target = join(runDir(storeDir, run), 'reports', node)
    cpSync(folder, target, { recursive: true })
    dirs[node] = target
  }
  return dirs
}

/** Report nodes, each with its folder in the store. */
function* reportFolders(
  keyed: KeyedPipeline,
  reports: ReadonlyMap<string, StageReport>,
  storeDir: string,
): Iterable<readonly [node: string, folder: string]> {
  for (const [id, report] of reports) {
    const stage = keyed.stages.get(id)!
    for (const output of Object.values(report.manifest?.outputs ?? {}))
      if (output.kind === 'report') yield [stage.node, join(storeDir, storeFolders.artifacts, stage.key, output.path)]
  }
}
