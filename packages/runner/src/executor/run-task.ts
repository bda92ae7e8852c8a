import { taskExitCodes, type PipelineError } from '@etsef/plugin-api'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { asError, problem } from '../errors.js'
import { changedContentIn } from '../store/content-watch.js'
import { createDurability, type Durability } from '../store/durability.js'
import { takeOrWait, type KeyLocks } from '../store/key-lock.js'
import { openStore, storeFolders, type Store } from '../store/store.js'
import type { FromWorker, StageResult, StageSpec } from './protocol.js'
import {
  attemptsOf,
  openTaskJournal,
  readTask,
  wasDone,
  type TaskEvent,
  type TaskFile,
  type TaskStage,
} from './task-file.js'
import { AttemptFailed } from './attempt-failed.js'
import type { WorkerPool } from './worker-pool.js'

/** What a process that runs tasks has for them. */
export interface TaskRunner {
  readonly storeDir: string
  readonly pool: WorkerPool
  readonly locks: KeyLocks
}

/** How a task is run. */
export interface TaskOptions {
  /** The task is taken back: nothing of it goes on. */
  readonly signal: AbortSignal
  /** The machine is about to end the task: it stops, and comes again if something of it is kept. */
  readonly endsSoon?: AbortSignal
  /** GPUs by device, for the stages that ask for some; left out: those of `CUDA_VISIBLE_DEVICES`. */
  readonly devices?: readonly string[]
}

/**
 * Runs the stages of a task that are not in the store, one after the other, each in a process of its own. What becomes of each stands in
 * the task's journal; that it is done, in the store.
 *
 * @param file - Relative to the store.
 * @returns One of `taskExitCodes`.
 */
export async function runTask(file: string, runner: TaskRunner, options: TaskOptions): Promise<number> {
  const path = join(runner.storeDir, file)
  const task = readTask(path)
  const store = openStore(runner.storeDir)
  ensureFolder(join(store.dir, storeFolders.logs, task.run))
  const durability = createDurability()
  const work: Work = { ...runner, ...options, task, path, store, durability, tell: openTaskJournal(path) }
  const startedMs = Date.now()
  let numDone = 0
  try {
    for (const stage of task.stages) {
      if (isInterrupted(options)) break
      const outcome = await runTaskStage(stage, work)
      if (outcome === 'done') numDone++
      if (outcome === 'again') return taskExitCodes.again
      if (outcome === 'failed' && task.onError === 'stop') return taskExitCodes.failed
    }
  } finally {
    await durability.settled().catch(() => undefined)
  }
  if (!isInterrupted(options)) return taskExitCodes.ended
  const isKept = numDone > 0 || task.stages.some(({ spec }) => isNewer(checkpointsOf(store, spec.key), startedMs))
  return options.endsSoon?.aborted === true && isKept ? taskExitCodes.again : taskExitCodes.failed
}

interface Work extends TaskRunner, TaskOptions {
  readonly task: TaskFile
  readonly path: string
  readonly store: Store
  readonly durability: Durability
  readonly tell: (event: TaskEvent) => void
}

function isInterrupted({ signal, endsSoon }: TaskOptions): boolean {
  return signal.aborted || endsSoon?.aborted === true
}

type Outcome = 'done' | 'found' | 'missing-input' | 'failed' | 'again' | 'interrupted'

async function runTaskStage(each: TaskStage, work: Work): Promise<Outcome> {
  const { store, locks, tell, path } = work
  const { stage, spec } = each
  const isThere = (): boolean =>
    spec.replaces === true ? wasDone(path, stage) : store.find(spec.key).state === 'present'
  if (isThere()) {
    tell({ type: 'found', stage })
    return 'found'
  }
  const inputs = [...spec.inputs.map(({ key }) => key), ...(spec.state === undefined ? [] : [spec.state])]
  // An input is missing because the stage that makes it has failed, which the journal says already.
  if (inputs.some((key) => store.find(key).state !== 'present')) return 'missing-input'
  const isTaken = await takeOrWait(locks, store, spec.key, work.signal)
  try {
    if (isTaken && !isThere()) return await attemptUntilDone(each, work)
    if (isInterrupted(work)) return 'interrupted'
    tell({ type: 'found', stage })
    return 'found'
  } finally {
    locks.release(spec.key)
  }
}

async function attemptUntilDone(each: TaskStage, work: Work): Promise<Outcome> {
  const { task, store, tell, path } = work
  const { stage, spec } = each
  if (store.find(spec.key).state === 'corrupt') store.quarantine(spec.key)
  const startedMs = performance.now()
  const seconds = (): number => Math.round(performance.now() - startedMs) / 1000
  for (let numTries = 1; ; numTries++) {
    const attempt = attemptsOf(path, stage) + 1
    const logFile = join(storeFolders.logs, task.run, `${stage.replace(':', '.')}.${String(attempt)}.log`)
    tell({ type: 'started', stage, attempt, logFile })
    try {
      const { manifest, ...result } = await runAttempt(each, { attempt, logFile }, work)
      if (result.published === 'new') work.durability.add(store.path(spec.key), manifest)
      tell({ type: 'done', stage, seconds: seconds(), result })
      return 'done'
    } catch (thrown) {
      if (!(thrown instanceof AttemptFailed)) throw thrown
      if (isInterrupted(work)) return 'interrupted'
      const { failure, error, corruptKey, message } = thrown
      const mayRetry = corruptKey === undefined && numTries <= (task.retries[failure] ?? 0)
      if (mayRetry || isMachines(failure, task)) tell({ type: 'retried', stage, failure, message })
      if (mayRetry) continue
      if (isMachines(failure, task)) return 'again'
      const fields = { ...error.toJSON(), code: error.code, message: error.message }
      const cause = error.cause === undefined ? undefined : asError(error.cause)
      tell({ type: 'failed', stage, seconds: seconds(), failure, error: { fields, stack: cause?.stack, corruptKey } })
      return 'failed'
    }
  }
}

/** Whether the engine tries again, as a task that says nothing of retries leaves it to do. */
function isMachines(failure: AttemptFailed['failure'], task: TaskFile): boolean {
  return task.isRetriedByEngine && (failure === 'lost' || failure === 'infra')
}

function runAttempt(
  { spec, stage, code, content, gpus }: TaskStage,
  { attempt, logFile }: { readonly attempt: number; readonly logFile: string },
  { storeDir, pool, task, tell, devices, signal }: Work,
): Promise<StageResult> {
  if (signal.aborted)
    throw new AttemptFailed('cancelled', problem('ERR_CANCELLED', { message: 'The task was taken back' }))
  const whole: StageSpec = {
    ...spec,
    storeDir,
    attempt,
    logFile: join(storeDir, logFile),
    code: code.map((file) => join(storeDir, file)),
  }
  return pool.run(whole, {
    // A stage that asked for no GPU sees none, whatever the surroundings of who submitted it were.
    kind: { threads: spec.threads, engine: spec.engine, devices: gpus > 0 ? devices : [] },
    timeoutMs: task.timeoutMs,
    refusal: () => refusalOf(content, spec.node, storeDir),
    onMessage: (message: FromWorker) => {
      if (message.type === 'log') tell({ type: 'log', stage, level: message.level, message: message.message })
    },
  })
}

function refusalOf(content: readonly string[], node: string, storeDir: string): PipelineError | undefined {
  for (const file of content) {
    const error = changedContentIn(join(storeDir, file), node)
    if (error) return error
  }
  return undefined
}

function checkpointsOf(store: Store, key: string): string {
  return join(store.dir, storeFolders.checkpoints, key)
}

function isNewer(folder: string, sinceMs: number): boolean {
  return existsSync(folder) && statSync(folder).mtimeMs >= sinceMs
}
