import { locate, PipelineError, type ExecutorTask, type SubmittedTask } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ensureFolder } from '../ensure-folder.js'
import { followTaskJournals, writeTask, type TaskJournals } from '../executor/task-file.js'
import type { Stage } from '../plan/stages.js'
import type { DispatchOptions } from './dispatch-options.js'
import { groupStages, type StageGroup } from './group-stages.js'
import { isRunLive } from './live-runs.js'
import { recordedSeconds } from './recorded-seconds.js'
import { producersOf, type Retries } from './schedule.js'
import type { StageLedger } from './stage-ledger.js'
import { forgetSubmission, keepSubmission, submissions, tasksDir, type SubmittedTaskRecord } from './submitted-tasks.js'
import { taskStageMaker } from './task-stages.js'

/** Program that a task is, where its command is run by the engine. */
const taskProgram = fileURLToPath(new URL('../../dist/executor/task-main.js', import.meta.url))
const defaultGroupSeconds = 60
/** The lock between two coordinators of one machine that submit: what one has submitted, the other finds in the queue. */
const submissionLock = 'submission'

/** The tasks that a round waits for. */
export interface Round {
  /** Not given to the engine yet. */
  readonly waiting: Map<string, ExecutorTask>
  /** Submitted to the engine and not ended, by id, with the run that submitted each. */
  readonly submitted: Map<string, SubmittedTask & { readonly isOwn: boolean }>
  /** Of each task that was not given to the engine yet. */
  readonly firstStage: ReadonlyMap<string, Stage>
  readonly journals: readonly { readonly journals: TaskJournals; readonly keys: KeysOfTasks }[]
}

type KeysOfTasks = ReadonlyMap<string, Readonly<Record<string, string>>>

/**
 * Makes tasks of the stages that are needed and gives them to the engine, or keeps them where it runs them in no order of ours. Tasks that an
 * earlier coordinator submitted for the same stages are taken over instead.
 *
 * @throws PipelineError `ERR_EXECUTOR` when the engine refuses or is gone.
 */
export async function submitRound(
  needed: readonly Stage[],
  ledger: StageLedger,
  options: DispatchOptions,
): Promise<Round> {
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
      if (tasks.length > 0) await submitTasks(tasks, options)
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

const followed = new WeakMap<StageLedger, Map<string, TaskJournals>>()

/** Reads the journals of a run. One reader serves all rounds, because it remembers how far it has read: no event is handled twice. */
function journalsOf(run: string, ledger: StageLedger, { store }: DispatchOptions): TaskJournals {
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
  ensureFolder(dir)
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
export async function submitTasks(tasks: readonly ExecutorTask[], { session, keyed }: DispatchOptions): Promise<void> {
  try {
    await session.submit(tasks)
  } catch (thrown) {
    if (!(thrown instanceof PipelineError)) throw thrown
    throw locate(thrown, { place: keyed.graph.nodes.get(thrown.node ?? '')?.usePlace })
  }
}
