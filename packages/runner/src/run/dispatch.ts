import {
  locate,
  PipelineError,
  type Executor,
  type ExecutorSession,
  type ExecutorTask,
  type SubmittedTask,
} from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { problem } from '../errors.js'
import { followTaskJournals, writeTask, type TaskEvent, type TaskJournals } from '../executor/task-file.js'
import type { KeyedPipeline } from './key-pipeline.js'
import { failureOf } from '../executor/attempt-failed.js'
import type { Stage } from '../plan/stages.js'
import { manifestDigest } from '../store/manifest.js'
import type { KeyLocks } from '../store/key-lock.js'
import type { Store } from '../store/store.js'
import type { CodeWatch } from './code-watch.js'
import type { EventListener } from './events.js'
import { groupStages, type StageGroup } from './group-stages.js'
import { isRunLive } from './live-runs.js'
import { recordedSeconds } from './recorded-seconds.js'
import { nodeError } from './node-error.js'
import type { StageReport } from './run-stages.js'
import { producersOf, type Retries } from './schedule.js'
import { taskStageMaker } from './task-stages.js'
import { forgetSubmission, keepSubmission, submissions, tasksDir, type SubmittedTaskRecord } from './submitted-tasks.js'

/** What {@link dispatchStages} works with. */
export interface DispatchOptions {
  /** Producers first. */
  readonly stages: ReadonlyMap<string, Stage>
  readonly wanted: readonly string[]
  /** Stages to compute though they are cached. */
  readonly forced: ReadonlySet<string>
  readonly store: Store
  readonly locks: KeyLocks
  readonly keyed: KeyedPipeline
  readonly code: CodeWatch
  readonly run: string
  readonly executor: Executor
  readonly session: ExecutorSession
  readonly retries: Retries
  readonly timeoutMs: number | undefined
  readonly onError: 'stop' | 'continue'
  readonly signal: AbortSignal
  readonly numToRun: number
  /** Gets the file with what the last attempt at a stage logged. */
  readonly logFiles: Map<string, string>
  readonly emit: EventListener
}

/** Program that a task is, where its command is run by the engine. */
const taskProgram = fileURLToPath(new URL('../../dist/executor/task-main.js', import.meta.url))
const defaultGroupSeconds = 60
/** The lock between two coordinators of one machine that submit: what one has submitted, the other finds in the queue. */
const submissionLock = 'submission'
/** Another machine's files may be seen a little later than the end of its task. */
const looks = 4
const lookMs = 300

/**
 * Has an executor run what the wanted stages need and the store lacks. Never rejects for a stage: its report says what happened.
 *
 * Tasks that an earlier coordinator submitted are waited for, not submitted again. What ended without its artifact was lost, and is
 * submitted again as often as `retries` allow.
 *
 * @throws PipelineError `ERR_EXECUTOR` when the engine refuses or is gone.
 */
export async function dispatchStages(options: DispatchOptions): Promise<ReadonlyMap<string, StageReport>> {
  const { store, run, signal, onError, session } = options
  const ledger = createLedger(options)
  try {
    while (!signal.aborted && !(onError === 'stop' && ledger.hasFailed())) {
      const needed = ledger.needed()
      if (needed.length === 0) break
      const round = await submitRound(needed, ledger, options)
      await waitFor(round, ledger, options)
      await ledger.settle(needed)
    }
    forgetSubmission(store.dir, run)
  } finally {
    await session.close()
  }
  return ledger.finish()
}

/** What is known of the stages of a run, from the store and the journals of tasks. */
interface Ledger {
  readonly reports: Map<string, StageReport>
  /** Stages to run, one of each key, producers first: nothing that they need has failed. */
  needed(): readonly Stage[]
  /** Takes what a task wrote down of a stage. */
  hear(event: TaskEvent, key: string): void
  hasFailed(): boolean
  /** The tasks of these stages have ended: what is in the store is done, what is not was lost or could not begin. */
  settle(stages: readonly Stage[]): Promise<void>
  finish(): ReadonlyMap<string, StageReport>
}

/** What the journals have said of a key so far. */
interface Heard {
  attempts: number
  numLost: number
  done?: Extract<TaskEvent, { type: 'done' }>
  failed?: Extract<TaskEvent, { type: 'failed' }>
}

function createLedger(options: DispatchOptions): Ledger {
  const { stages, store, emit, signal } = options
  const reports = new Map<string, StageReport>()
  const heard = new Map<string, Heard>()
  const forced = new Set(options.forced)
  const byKey = new Map<string, Stage[]>()
  for (const stage of stages.values()) byKey.set(stage.key, [...(byKey.get(stage.key) ?? []), stage])
  const wanted = new Set(options.wanted)
  const open = new Set<string>()
  let numDone = 0

  const of = (key: string): Heard => {
    const known = heard.get(key) ?? { attempts: 0, numLost: 0 }
    heard.set(key, known)
    return known
  }
  const setAside = ({ id, node, key }: Stage, reason: string): void => {
    const message = `the artifact of "${id}" is damaged (${reason}); it is set aside and computed again`
    emit({ type: 'artifact-damaged', stage: id, node, key, message })
    store.quarantine(key)
  }
  const isThere = (stage: Stage): boolean => {
    if (forced.has(stage.id)) return false
    if (reports.get(stage.id)?.manifest) return store.find(stage.key).state === 'present'
    const found = store.find(stage.key)
    if (found.state === 'absent') return false
    const damage = found.state === 'corrupt' ? found.reason : store.verify(found.manifest)
    if (damage !== undefined) {
      setAside(stage, damage)
      return false
    }
    return true
  }
  const complete = (stage: Stage, report: StageReport): void => {
    reports.set(stage.id, report)
    open.delete(stage.id)
    numDone++
    const { outcome, seconds, error } = report
    emit({
      type: 'stage-finished',
      stage: stage.id,
      node: stage.node,
      outcome,
      seconds,
      numDone,
      numToRun: options.numToRun,
      ...(error ? { error } : {}),
    })
  }
  /** Reports a stage as done, when its artifact is there. */
  const believe = (stage: Stage): boolean => {
    const found = store.find(stage.key)
    if (found.state !== 'present') return false
    const { manifest } = found
    const { attempts, done } = of(stage.key)
    if (forced.has(stage.id) && !done) return false
    forced.delete(stage.id)
    const [first] = byKey.get(stage.key)!
    if (done && stage === first) {
      if (done.result.published !== 'same') options.code.published(stage)
      const result = { ...done.result, manifest, digest: manifestDigest(manifest) }
      complete(stage, { outcome: 'done', seconds: done.seconds, attempts, manifest, result })
    } else complete(stage, { outcome: 'cached', seconds: 0, attempts: 0, manifest })
    return true
  }
  const fail = (stage: Stage, { attempts }: Heard, seconds: number, error: PipelineError): void => {
    complete(stage, { outcome: 'failed', seconds, attempts, error: nodeError(stage, error) })
  }
  const settleFailed = (stage: Stage, known: Heard): void => {
    const { failed } = known
    if (!failed) return
    delete known.failed
    const { error, corruptKey } = failureOf(failed.error)
    const [damaged] = corruptKey === undefined ? [] : (byKey.get(corruptKey) ?? [])
    if (damaged) setAside(damaged, error.message)
    else for (const each of byKey.get(stage.key)!) if (open.has(each.id)) fail(each, known, failed.seconds, error)
  }

  return {
    reports,
    hasFailed: () => [...reports.values()].some(({ outcome }) => outcome === 'failed'),
    needed() {
      const missing = new Set<string>()
      const asked = new Set(wanted)
      for (const stage of [...stages.values()].reverse()) {
        if (!asked.has(stage.id) || reports.get(stage.id)?.outcome === 'failed') continue
        if (isThere(stage)) {
          if (!reports.has(stage.id)) {
            const found = store.find(stage.key)
            store.touch(stage.key)
            reports.set(stage.id, {
              outcome: 'cached',
              seconds: 0,
              attempts: 0,
              manifest: found.state === 'present' ? found.manifest : undefined,
            })
          }
          continue
        }
        missing.add(stage.id)
        open.add(stage.id)
        for (const producer of producersOf(stage)) asked.add(producer)
      }
      const blocked = new Set<string>()
      const keys = new Set<string>()
      return [...stages.values()].filter((stage) => {
        const isFailed = reports.get(stage.id)?.outcome === 'failed'
        if (isFailed || producersOf(stage).some((id) => blocked.has(id))) blocked.add(stage.id)
        if (!missing.has(stage.id) || blocked.has(stage.id) || keys.has(stage.key)) return false
        keys.add(stage.key)
        return true
      })
    },
    hear(event, key) {
      const known = of(key)
      const own = byKey.get(key) ?? []
      const [stage] = own
      if (!stage) return
      const where = { stage: stage.id, node: stage.node }
      if (event.type === 'started') {
        known.attempts++
        const logFile = join(store.dir, event.logFile)
        options.logFiles.set(stage.id, logFile)
        emit({ type: 'stage-started', ...where, attempt: known.attempts, logFile })
      } else if (event.type === 'log') emit({ type: 'stage-log', ...where, level: event.level, message: event.message })
      else if (event.type === 'retried')
        emit({ type: 'stage-retried', ...where, failure: event.failure, message: event.message })
      else if (event.type === 'failed') {
        known.failed = event
        settleFailed(stage, known)
      } else if (event.type === 'done') {
        known.done = event
        for (const each of own) if (open.has(each.id)) believe(each)
      }
    },
    async settle(ran) {
      for (const stage of ran) {
        if (!open.has(stage.id)) continue
        const known = of(stage.key)
        for (let look = 1; look <= looks && !signal.aborted; look++) {
          if (store.find(stage.key).state === 'present') break
          if (!known.done && !hasInputs(stage, options)) break
          await sleep(lookMs)
        }
        for (const each of byKey.get(stage.key)!) if (open.has(each.id)) believe(each)
        const isOver = signal.aborted || (options.onError === 'stop' && this.hasFailed())
        if (!open.has(stage.id) || isOver || !hasInputs(stage, options)) continue
        known.numLost++
        const message = 'The task ended before the stage did, and said nothing of it'
        if (known.numLost <= (options.retries.lost ?? 0)) {
          emit({ type: 'stage-retried', stage: stage.id, node: stage.node, failure: 'lost', message })
          continue
        }
        const hint = `see the logs of ${options.executor.name} in ${tasksDir(store.dir, options.run)}`
        for (const each of byKey.get(stage.key)!) fail(each, known, 0, problem('ERR_LOST', { message, hint }))
      }
    },
    finish() {
      for (const id of open)
        reports.set(id, {
          outcome: signal.aborted ? 'cancelled' : 'skipped',
          seconds: 0,
          attempts: of(stages.get(id)!.key).attempts,
        })
      return reports
    },
  }
}

function hasInputs(stage: Stage, { stages, store }: DispatchOptions): boolean {
  return producersOf(stage).every((id) => store.find(stages.get(id)!.key).state === 'present')
}

/** The tasks that a round waits for. */
interface Round {
  /** Not given to the engine yet. */
  readonly waiting: Map<string, ExecutorTask>
  /** Submitted to the engine and not ended, by id, with the run that submitted each. */
  readonly submitted: Map<string, SubmittedTask & { readonly isOwn: boolean }>
  /** Of each task that was not given to the engine yet. */
  readonly firstStage: ReadonlyMap<string, Stage>
  readonly journals: readonly { readonly journals: TaskJournals; readonly keys: KeysOfTasks }[]
}

type KeysOfTasks = ReadonlyMap<string, Readonly<Record<string, string>>>

async function submitRound(needed: readonly Stage[], ledger: Ledger, options: DispatchOptions): Promise<Round> {
  const { store, run, executor, locks, signal } = options
  while (!locks.tryTake(submissionLock) && !signal.aborted) await sleep(50)
  try {
    const adopted = await adopt(needed, options)
    const taken = new Map(adopted.flatMap(({ id, keys }) => Object.values(keys).map((key) => [key, id] as const)))
    const stillNeeded = new Set(ledger.needed().map(({ key }) => key))
    const rest = needed.filter(({ key }) => !taken.has(key) && stillNeeded.has(key))
    const { tasks, records, firstStage } = makeTasks(rest, taken, options)
    const all = [...(submissions(store.dir, executor.name).get(run)?.tasks ?? []), ...records]
    keepSubmission(store.dir, run, { executor: executor.name, tasks: all })
    const waiting = new Map<string, ExecutorTask>()
    const submitted = new Map<string, SubmittedTask & { isOwn: boolean }>()
    for (const { id, run: earlier } of adopted)
      submitted.set(id, { id, run: earlier, isOwn: !isRunLive(store.dir, earlier) })
    if (executor.capabilities.ordersTasks) {
      if (tasks.length > 0) await submit(tasks, options)
      for (const { id } of tasks) submitted.set(id, { id, run, isOwn: true })
    } else for (const task of tasks) waiting.set(task.id, task)
    const runs = new Map(
      [run, ...adopted.map((each) => each.run)].map((each) => [each, new Map<string, SubmittedTaskRecord['keys']>()]),
    )
    for (const { id, keys } of all) runs.get(run)!.set(id, keys)
    for (const { id, keys, run: earlier } of adopted) runs.get(earlier)!.set(id, keys)
    return {
      waiting,
      submitted,
      firstStage,
      journals: [...runs].map(([each, keys]) => ({ journals: journalsOf(each, ledger, options), keys })),
    }
  } catch (thrown) {
    if (thrown instanceof PipelineError) forgetSubmission(store.dir, run)
    throw thrown
  } finally {
    locks.release(submissionLock)
  }
}

const followed = new WeakMap<Ledger, Map<string, TaskJournals>>()

/** Reads the journals of a run. One reader serves all rounds, because it remembers how far it has read: no event is handled twice. */
function journalsOf(run: string, ledger: Ledger, { store }: DispatchOptions): TaskJournals {
  const known = followed.get(ledger) ?? new Map<string, TaskJournals>()
  followed.set(ledger, known)
  const journals = known.get(run) ?? followTaskJournals(tasksDir(store.dir, run))
  known.set(run, journals)
  return journals
}

/** Tasks that the engine still has of coordinators before this one, as far as they make what is needed. */
async function adopt(
  needed: readonly Stage[],
  { store, run, session, executor }: DispatchOptions,
): Promise<readonly (SubmittedTaskRecord & SubmittedTask)[]> {
  const keys = new Set(needed.map(({ key }) => key))
  const earlier = [...submissions(store.dir, executor.name)].filter(([other]) => other !== run)
  const tasks = earlier.flatMap(([other, submission]) => submission.tasks.map((task) => ({ ...task, run: other })))
  if (tasks.length === 0) return []
  const outstanding = await session.outstanding(tasks)
  const alive = tasks.filter(({ id }) => outstanding.has(id))
  const isBusy = new Set(alive.map((task) => task.run))
  for (const [other] of earlier)
    if (!isBusy.has(other) && !isRunLive(store.dir, other)) forgetSubmission(store.dir, other)
  return alive.filter((task) => Object.values(task.keys).some((key) => keys.has(key)))
}

function makeTasks(
  stages: readonly Stage[],
  taken: ReadonlyMap<string, string>,
  options: DispatchOptions,
): {
  readonly tasks: readonly ExecutorTask[]
  readonly records: readonly SubmittedTaskRecord[]
  readonly firstStage: ReadonlyMap<string, Stage>
} {
  const { store, run, keyed, executor, session, retries, onError, timeoutMs } = options
  const taskStage = taskStageMaker(options)
  const groupSeconds = executor.capabilities.groupsStages ? (session.groupSeconds ?? defaultGroupSeconds) : 0
  const first = new Map(stages.map(({ key, id }) => [key, id]))
  const groups = groupStages(stages, {
    producersOf: (stage) => producersOf(stage).map((id) => first.get(options.stages.get(id)!.key) ?? id),
    secondsOf: recordedSeconds(store.dir),
    wanted: new Set(options.wanted),
    groupSeconds,
  })
  const dir = tasksDir(store.dir, run)
  mkdirSync(dir, { recursive: true })
  const ids = new Map<StageGroup, string>()
  const records: SubmittedTaskRecord[] = []
  const tasks = groups.map((group): ExecutorTask => {
    const id = idOf(group)
    ids.set(group, id)
    records.push({ id, keys: Object.fromEntries(group.stages.map((stage) => [stage.id, stage.key])) })
    const file = join(dir, `${id}.json`)
    writeTask(file, {
      format: 1,
      id,
      run,
      root: keyed.root,
      stages: group.stages.map(taskStage),
      onError,
      retries: executor.capabilities.groupsStages ? retries : withoutMachines(retries),
      isRetriedByEngine: !executor.capabilities.groupsStages,
      timeoutMs,
    })
    const adopted = group.stages
      .flatMap((stage) => producersOf(stage).map((producer) => taken.get(options.stages.get(producer)!.key)))
      .filter((each) => each !== undefined)
    return {
      id,
      node: group.stages[0]!.node,
      file: relative(store.dir, file),
      command: [process.execPath, taskProgram, store.dir, relative(store.dir, file)],
      after: [...new Set([...group.after.map((each) => ids.get(each)!), ...adopted])],
      level: group.level,
      resources: group.resources,
    }
  })
  const firstStage = new Map([...ids].map(([group, id]) => [id, group.stages[0]!]))
  return { tasks, records, firstStage }
}

function idOf({ stages }: StageGroup): string {
  const [first, second] = stages
  if (first && !second) return first.key
  return createHash('sha256')
    .update(stages.map(({ key }) => key).join(' '))
    .digest('hex')
}

/** Retries for an executor that itself runs a task again when its worker or machine fails: the runner adds none of its own for those. */
function withoutMachines(retries: Retries): Retries {
  return { ...retries, lost: 0, infra: 0 }
}

/** Submits, with the place of the node whose task was refused. */
async function submit(tasks: readonly ExecutorTask[], { session, keyed }: DispatchOptions): Promise<void> {
  try {
    await session.submit(tasks)
  } catch (thrown) {
    if (!(thrown instanceof PipelineError)) throw thrown
    throw locate(thrown, { place: keyed.graph.nodes.get(thrown.node ?? '')?.usePlace })
  }
}

/** Waits until the engine has none of a round's tasks any more, and gives it those that had to wait. */
async function waitFor(round: Round, ledger: Ledger, options: DispatchOptions): Promise<void> {
  const { session, signal, run, onError } = options
  const { waiting, submitted } = round
  const listen = (): void => {
    for (const { journals, keys } of round.journals)
      for (const { task, event } of journals.read()) {
        const key = keys.get(task)?.[event.stage]
        if (key !== undefined) ledger.hear(event, key)
      }
  }
  const isReady = (task: ExecutorTask): boolean => !task.after.some((id) => waiting.has(id) || submitted.has(id))
  for (;;) {
    if (signal.aborted) {
      await session.cancel([...submitted.values()].filter(({ isOwn }) => isOwn))
      listen()
      return
    }
    if (submitted.size > 0) {
      const outstanding = await session.outstanding([...submitted.values()])
      for (const id of submitted.keys()) if (!outstanding.has(id)) submitted.delete(id)
    }
    listen()
    const ready = [...waiting.values()].filter(isReady)
    if (onError === 'stop' && ledger.hasFailed()) waiting.clear()
    else if (ready.length > 0) {
      for (const { id } of ready) waiting.delete(id)
      // Where an input of a waiting task is missing, the task that makes it has failed or was lost. The next round decides what follows.
      const able = ready.filter(({ id }) => hasInputs(round.firstStage.get(id)!, options))
      if (able.length > 0) await submit(able, options)
      for (const { id } of able) submitted.set(id, { id, run, isOwn: true })
      if (able.length < ready.length) continue
    }
    if (submitted.size === 0 && waiting.size === 0) return
    await session.changed(signal)
  }
}
