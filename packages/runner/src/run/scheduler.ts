import { locate, type PipelineError } from '@etsef/plugin-api'
import type { StageResult } from '../executor/protocol.js'
import { AttemptFailed, type FailureClass } from '../executor/worker-pool.js'
import { asError, problem } from '../errors.js'
import type { Stage } from '../plan/stages.js'
import type { KeyLocks } from '../store/key-lock.js'
import type { Manifest } from '../store/manifest.js'
import type { Store } from '../store/store.js'
import type { EventListener, StageOutcome } from './events.js'
import type { Granted, ResourceBudget } from './resource-budget.js'

/** Attempts by class of failure: what the machine did wrong is tried again, what the operation did wrong is not. */
export type Retries = Readonly<Partial<Record<FailureClass, number>>>

/**
 * Default retries. A lost worker was ended from outside (what memory or the operation did has classes of its own): where workers are killed
 * now and then, one stage may well be met three times.
 */
export const defaultRetries: Retries = { lost: 4, infra: 2 }

/** What became of a stage. */
export interface StageReport {
  readonly outcome: StageOutcome
  readonly seconds: number
  readonly attempts: number
  readonly manifest?: Manifest | undefined
  readonly result?: StageResult | undefined
  readonly error?: PipelineError | undefined
}

/** What {@link runStages} works with. */
export interface ScheduleOptions {
  /** Producers first. */
  readonly stages: ReadonlyMap<string, Stage>
  readonly wanted: readonly string[]
  /** Stages to compute though they are cached. */
  readonly forced: ReadonlySet<string>
  readonly store: Store
  readonly locks: KeyLocks
  readonly budget: ResourceBudget
  readonly retries: Retries
  readonly onError: 'stop' | 'continue'
  readonly signal: AbortSignal
  readonly numToRun: number
  /** Runs one attempt. @throws AttemptFailed */
  attempt(stage: Stage, granted: Granted, attempt: number): Promise<StageResult>
  readonly emit: EventListener
}

type Status = 'waiting' | 'running' | 'done' | 'failed' | 'skipped'

const firstPollMs = 20
const lastPollMs = 500

/** Runs what the wanted stages need and the store lacks, in parallel under the budget. Never rejects for a stage: its report says what happened. */
export function runStages(options: ScheduleOptions): Promise<ReadonlyMap<string, StageReport>> {
  return new Promise((resolve, reject) => {
    const schedule = createSchedule(options, (error) => {
      if (error) reject(error)
      else resolve(schedule.reports)
    })
    schedule.start()
  })
}

function createSchedule(
  options: ScheduleOptions,
  finish: (error?: Error) => void,
): { readonly reports: ReadonlyMap<string, StageReport>; start(): void } {
  const { stages, store, locks, budget, emit } = options
  const reports = new Map<string, StageReport>()
  const status = new Map<string, Status>()
  const positions = new Map([...stages.keys()].map((id, index) => [id, index]))
  const consumers = new Map<string, string[]>()
  const ready: string[] = []
  const queued = new Set<string>()
  const forced = new Set(options.forced)
  // Two nodes of one definition have one key: the second takes what the first makes.
  const runningKeys = new Set<string>()
  let numRunning = 0
  let numDone = 0
  let isStopping = false
  let isFinished = false

  for (const stage of stages.values()) {
    for (const producer of producersOf(stage)) {
      const list = consumers.get(producer)
      if (list) list.push(stage.id)
      else consumers.set(producer, [stage.id])
    }
  }

  /** Decides a stage and, unless it is there, everything it needs. */
  const need = (id: string): void => {
    const open = [id]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (status.has(next)) continue
      const stage = stages.get(next)!
      const found = forced.has(next) ? { state: 'absent' as const } : store.find(stage.key)
      if (found.state === 'present') {
        const damage = store.verify(found.manifest)
        if (damage === undefined) {
          status.set(next, 'done')
          reports.set(next, { outcome: 'cached', seconds: 0, attempts: 0, manifest: found.manifest })
          store.touch(stage.key)
          continue
        }
        setAside(stage, damage)
      } else if (found.state === 'corrupt') setAside(stage, found.reason)
      status.set(next, 'waiting')
      open.push(...producersOf(stage))
    }
  }

  const setAside = (stage: Stage, reason: string): void => {
    emit({
      type: 'artifact-damaged',
      stage: stage.id,
      node: stage.node,
      key: stage.key,
      message: `the artifact of "${stage.id}" is damaged (${reason}); it is set aside and computed again`,
    })
    store.quarantine(stage.key)
  }

  const isReady = (stage: Stage): boolean => producersOf(stage).every((producer) => status.get(producer) === 'done')

  const enqueue = (id: string): void => {
    if (queued.has(id)) return
    queued.add(id)
    const position = positions.get(id)!
    let at = ready.length
    while (at > 0 && positions.get(ready[at - 1]!)! > position) at--
    ready.splice(at, 0, id)
  }

  const wake = (id: string): void => {
    for (const consumer of consumers.get(id) ?? []) {
      if (status.get(consumer) === 'waiting' && isReady(stages.get(consumer)!)) enqueue(consumer)
    }
  }

  /** Whether all that is left to do waits for a stage, which can use more CPUs than it needs. */
  const isAlone = ({ id, resources }: Stage): boolean => {
    if ((resources.maxCpus ?? 0) <= resources.cpus || numRunning > 0) return false
    const after = new Set([id])
    for (const each of after) for (const consumer of consumers.get(each) ?? []) after.add(consumer)
    return [...status].every(([other, state]) => state !== 'waiting' || after.has(other))
  }

  const pump = (): void => {
    if (isFinished) return
    if (options.signal.aborted) isStopping = true
    for (let at = 0; at < ready.length && !isStopping && !budget.isSpent;) {
      const stage = stages.get(ready[at]!)!
      const granted = runningKeys.has(stage.key) ? undefined : budget.take(stage.resources, isAlone(stage))
      if (!granted) {
        at++
        continue
      }
      ready.splice(at, 1)
      queued.delete(stage.id)
      status.set(stage.id, 'running')
      numRunning++
      runningKeys.add(stage.key)
      void execute(stage, granted).then(() => {
        numRunning--
        runningKeys.delete(stage.key)
        pump()
      }, crash)
    }
    if (numRunning === 0 && (isStopping || ready.length === 0)) end()
  }

  const crash = (thrown: unknown): void => {
    if (isFinished) return
    isFinished = true
    finish(asError(thrown))
  }

  const end = (): void => {
    if (isFinished) return
    isFinished = true
    for (const [id, state] of status) {
      if (state === 'waiting')
        reports.set(id, { outcome: options.signal.aborted ? 'cancelled' : 'skipped', seconds: 0, attempts: 0 })
    }
    finish()
  }

  const execute = async (stage: Stage, granted: Granted): Promise<void> => {
    const started = performance.now()
    let isGiven = false
    const give = (): void => {
      if (!isGiven) budget.give(granted)
      isGiven = true
    }
    try {
      if (!locks.tryTake(stage.key)) {
        give()
        if (await waitForOther(stage)) return
        status.set(stage.id, 'waiting')
        enqueue(stage.id)
        return
      }
      // It may have been published between the plan and the lease.
      const found = forced.has(stage.id) ? { state: 'absent' as const } : store.find(stage.key)
      if (found.state === 'present') {
        complete(stage, { outcome: 'cached', seconds: 0, attempts: 0, manifest: found.manifest })
        return
      }
      const report = await attemptUntilDone(stage, granted, started)
      if (report) complete(stage, report)
    } finally {
      give()
      locks.release(stage.key)
    }
  }

  /** Another process makes the artifact: waits for it. @returns True when it came. */
  const waitForOther = async (stage: Stage): Promise<boolean> => {
    for (let pauseMs = firstPollMs; !options.signal.aborted; pauseMs = Math.min(lastPollMs, pauseMs * 1.5)) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      const found = store.find(stage.key)
      if (found.state === 'present') {
        complete(stage, { outcome: 'cached', seconds: 0, attempts: 0, manifest: found.manifest })
        return true
      }
      if (locks.tryTake(stage.key)) {
        locks.release(stage.key)
        return false
      }
    }
    return false
  }

  const attemptUntilDone = async (
    stage: Stage,
    granted: Granted,
    started: number,
  ): Promise<StageReport | undefined> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await options.attempt(stage, granted, attempt)
        return { outcome: 'done', seconds: secondsSince(started), attempts: attempt, manifest: result.manifest, result }
      } catch (thrown) {
        if (!(thrown instanceof AttemptFailed)) throw thrown
        if (thrown.corruptKey !== undefined && remake(stage, thrown.corruptKey, thrown.message)) return undefined
        if (options.signal.aborted || thrown.failure === 'cancelled')
          return { outcome: 'cancelled', seconds: secondsSince(started), attempts: attempt }
        if (attempt <= (options.retries[thrown.failure] ?? 0)) {
          emit({
            type: 'stage-retried',
            stage: stage.id,
            node: stage.node,
            failure: thrown.failure,
            message: thrown.message,
          })
          continue
        }
        return {
          outcome: 'failed',
          seconds: secondsSince(started),
          attempts: attempt,
          error: nodeError(stage, thrown.error),
        }
      }
    }
  }

  /** An input was found damaged: its stage runs again, then this one. */
  const remake = (stage: Stage, key: string, message: string): boolean => {
    const damaged = producersOf(stage)
      .map((id) => stages.get(id)!)
      .filter((producer) => producer.key === key)
    const [producer] = damaged
    if (!producer) return false
    emit({ type: 'artifact-damaged', stage: producer.id, node: producer.node, key, message })
    store.quarantine(key)
    status.set(stage.id, 'waiting')
    for (const each of damaged) {
      status.delete(each.id)
      need(each.id)
      forced.delete(each.id)
    }
    for (const [id, state] of status) if (state === 'waiting' && isReady(stages.get(id)!)) enqueue(id)
    return true
  }

  const complete = (stage: Stage, report: StageReport): void => {
    const isFine = report.outcome === 'done' || report.outcome === 'cached'
    reports.set(stage.id, report)
    forced.delete(stage.id)
    numDone++
    if (isFine) status.set(stage.id, 'done')
    else {
      status.set(stage.id, 'failed')
      if (options.onError === 'stop') isStopping = true
    }
    emit({
      type: 'stage-finished',
      stage: stage.id,
      node: stage.node,
      outcome: report.outcome,
      seconds: report.seconds,
      numDone,
      numToRun: options.numToRun,
      ...(report.error ? { error: report.error } : {}),
    })
    if (isFine) wake(stage.id)
  }

  return {
    reports,
    start() {
      for (const id of options.wanted) need(id)
      for (const [id, state] of status) if (state === 'waiting' && isReady(stages.get(id)!)) enqueue(id)
      options.signal.addEventListener('abort', pump)
      pump()
    },
  }
}

function producersOf(stage: Stage): string[] {
  const producers = stage.inputs.map((input) => input.stage)
  if (stage.fitStage !== undefined) producers.push(stage.fitStage)
  return producers
}

function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000
}

/** The error with the node, and the plugin it comes from when the operation threw something of its own. */
function nodeError(stage: Stage, error: PipelineError): PipelineError {
  const where = locate(error, { node: stage.node })
  if (error.code !== 'ERR_NODE_FAILED') return where
  return problem('ERR_NODE_FAILED', {
    message: `Node "${stage.node}" (${stage.type}, ${stage.plugin.packageName} ${stage.plugin.version}) failed: ${error.message}`,
    node: stage.node,
    cause: error.cause,
    hint: error.hint,
  })
}
