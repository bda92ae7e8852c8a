import { toPlain } from '../pipeline/located.js'
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { FromWorker, StageResult, StageSpec } from '../executor/protocol.js'
import type { PipelineError } from '@etsef/plugin-api'
import { InvalidPipeline, problem } from '../errors.js'
import { createWorkerPool } from '../executor/worker-pool.js'
import { loaderChain, type LoaderChain } from '../plan/loader-chain.js'
import type { Stage } from '../plan/stages.js'
import { keepCode } from '../registry/code-record.js'
import { changedFile } from '../store/content-digest.js'
import { createDurability } from '../store/durability.js'
import { openKeyLocks } from '../store/key-lock.js'
import { filesDigest, manifestDigest } from '../store/manifest.js'
import { openStore, storeFolders } from '../store/store.js'
import { sweepTemporary } from '../store/temporary.js'
import { aloneNotice, checkMemory, machineMemoryMb } from './check-memory.js'
import type { EventListener, RunEvent, RunStatus } from './events.js'
import { planRun, type Selection } from './plan-run.js'
import type { KeyedPipeline } from './prepare.js'
import { createBudget, gpuDevices, type Granted } from './resource-budget.js'
import { runDir, writeRunRecord, type RunRecord, type StageRecord } from './run-record.js'
import { defaultRetries, runStages, type Retries, type StageReport } from './scheduler.js'

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
  const { plan, forced } = planRun(keyed, store, options.selection)
  const memoryMb = options.memoryMb ?? machineMemoryMb()
  const tooLarge = checkMemory(keyed.graph, plan, memoryMb)
  if (options.memoryMb !== undefined && tooLarge.length > 0) throw new InvalidPipeline(tooLarge)
  const run = runIdOf(started)
  const dir = runDir(store.dir, run)
  mkdirSync(dir, { recursive: true })
  const emit = journaled(join(dir, 'events.jsonl'), options.emit)
  const planned = [...plan.stages.values()]
  const numToRun = planned.filter((each) => each.state === 'run').length
  const logDir = join(store.dir, storeFolders.logs, run)
  mkdirSync(logDir, { recursive: true })
  const signal = options.signal ?? new AbortController().signal
  const cpus = options.jobs ?? availableParallelism()
  const devices = gpuDevices(options.gpus ?? 0, process.env['CUDA_VISIBLE_DEVICES'])
  for (const code of keyed.codes.values()) keepCode(store.dir, code)
  const base = recordBase(keyed, run, started, options)
  writeRunRecord(store.dir, {
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
  emit({ type: 'run-started', run, numStages: planned.length, numToRun })
  for (const notice of keyed.notices) emit({ type: 'notice', message: notice })
  for (const error of tooLarge) emit({ type: 'notice', message: aloneNotice(error, keyed.root) })
  const pool = createWorkerPool({ size: cpus, logDir, cwd: keyed.root, memoryMb: options.memoryMb })
  const durability = createDurability()
  const locks = openKeyLocks(store.dir)
  const logFiles = new Map<string, string>()
  const makeSpec = specMaker(keyed, store.dir)
  const attempt = async (stage: Stage, granted: Granted, number: number): Promise<StageResult> => {
    const logFile = join(logDir, `${stage.id.replace(':', '.')}.${String(number)}.log`)
    logFiles.set(stage.id, logFile)
    const threads = granted.cpus
    emit({ type: 'stage-started', stage: stage.id, node: stage.node, attempt: number, logFile })
    const spec = makeSpec(stage, { threads, attempt: number, logFile })
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
    if (result.published === 'new') durability.add(store.path(stage.key), result.manifest)
    if (result.published === 'differs')
      emit({
        type: 'notice',
        message: `"${stage.id}" gave other bytes than before for equal inputs: ${stage.type} is not deterministic; the first result is kept`,
      })
    return result
  }
  const cancel = (): void => {
    void pool.stop(stopGraceMs)
  }
  signal.addEventListener('abort', cancel, { once: true })
  let reports: ReadonlyMap<string, StageReport>
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
  } finally {
    signal.removeEventListener('abort', cancel)
    await Promise.all([pool.stop(signal.aborted ? stopGraceMs : 200), durability.settled()])
    locks.close()
    store.save()
  }
  const outcomes = [...reports.values()].map((report) => report.outcome)
  const status: RunStatus = signal.aborted ? 'interrupted' : outcomes.includes('failed') ? 'failed' : 'ok'
  const stages = Object.fromEntries(
    planned.map(({ stage }) => [stage.id, stageRecord(stage, reports.get(stage.id), 'pruned', logFiles.get(stage.id))]),
  )
  const testLabelReads = Object.values(stages).reduce((total, stage) => total + (stage.testLabelReads ?? 0), 0)
  const record: RunRecord = { ...base, status, seconds: secondsSince(startedAt), testLabelReads, stages }
  writeRunRecord(store.dir, record)
  const reportDirs = publishReports(keyed, reports, store.dir, run)
  emit({ type: 'run-finished', run, status, seconds: record.seconds })
  return { record, reports, reportDirs }
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
      plugins: Object.fromEntries(registry.plugins.map(({ installed }) => [installed.packageName, installed.version])),
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
): (stage: Stage, attempt: Pick<StageSpec, 'threads' | 'attempt' | 'logFile'>) => StageSpec {
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
function journaled(file: string, listener: EventListener | undefined): EventListener {
  const descriptor = openSync(file, 'a')
  return (event: RunEvent) => {
    if (event.type !== 'stage-progress') writeSync(descriptor, `${JSON.stringify(event)}\n`)
    listener?.(event)
    if (event.type === 'run-finished') closeSync(descriptor)
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
  for (const [id, report] of reports) {
    const stage = keyed.stages.get(id)!
    for (const output of Object.values(report.manifest?.outputs ?? {})) {
      if (output.kind !== 'report') continue
      const target = join(runDir(storeDir, run), 'reports', stage.node)
      cpSync(join(storeDir, storeFolders.artifacts, stage.key, output.path), target, { recursive: true })
      dirs[stage.node] = target
    }
  }
  return dirs
}
