import type { FailureClass } from '../executor/attempt-failed.js'
import type { Stage } from '../plan/stages.js'
import type { StageOutcome } from './events.js'
import { createReadyList } from './ready-list.js'
import type { Granted, ResourceBudget } from './resource-budget.js'

/** Attempts by class of failure: what the machine did wrong is tried again, what the operation did wrong is not. */
export type Retries = Readonly<Partial<Record<FailureClass, number>>>

/**
 * Default retries. A lost worker was ended from outside (what memory or the operation did has classes of its own): where workers are killed
 * now and then, one stage may well be met three times.
 */
export const defaultRetries: Retries = { lost: 4, infra: 2 }

/** What of a stage decides when it runs. */
export type SchedulableStage = Pick<Stage, 'id' | 'key' | 'fitStage' | 'resources'> & {
  readonly inputs: readonly Pick<Stage['inputs'][number], 'stage'>[]
}

/** What {@link createSchedule} decides about. */
export interface ScheduleOptions<S extends SchedulableStage> {
  /** Producers first. */
  readonly stages: ReadonlyMap<string, S>
  /** All stages, those first that begin first where several can; left out: as `stages` has them. */
  readonly order?: readonly string[]
  readonly wanted: readonly string[]
  /** Stages to compute though they are cached. */
  readonly forced: ReadonlySet<string>
  readonly budget: ResourceBudget
  readonly retries: Retries
  readonly onError: 'stop' | 'continue'
}

/** How an attempt failed. */
export interface AttemptFailure {
  readonly failure: FailureClass
  /** Key of an input that was found damaged. */
  readonly corruptKey?: string | undefined
  readonly message: string
}

/** What happened. */
export type ScheduleEvent =
  | { readonly type: 'started' }
  /** No other event is waiting, so one stage may begin. Sent again until no stage begins any more. */
  | { readonly type: 'idle' }
  /** The answer to `look`. */
  | { readonly type: 'looked'; readonly id: string; readonly isThere: boolean }
  /** The answer to `begin`: the stage may be computed, its artifact is there already, or another process computes it. */
  | { readonly type: 'begun'; readonly id: string; readonly state: 'free' | 'there' | 'taken' }
  /** The answer to `wait`. */
  | { readonly type: 'waited'; readonly id: string; readonly isThere: boolean }
  /** The answer to `attempt`. */
  | { readonly type: 'attempted'; readonly id: string; readonly failed?: AttemptFailure }
  /** The run was cancelled. */
  | { readonly type: 'aborted' }

/** What is to be done. All but `set-aside`, `extend`, `retry`, `settle`, `release` and `end` is answered by an event. */
export type Decision<S extends SchedulableStage> =
  /** Find out whether the artifact is in the store, whole. */
  | { readonly type: 'look'; readonly stage: S }
  /** Take the stage's lease, and look once more: it may have been published since the first look. */
  | { readonly type: 'begin'; readonly stage: S; readonly isForced: boolean }
  /** Wait until the process that has the lease has published the artifact, or has let it go. */
  | { readonly type: 'wait'; readonly stage: S }
  | { readonly type: 'attempt'; readonly stage: S; readonly granted: Granted; readonly attempt: number }
  /** The attempt that runs may use more CPUs from now on. */
  | { readonly type: 'extend'; readonly stage: S; readonly granted: Granted }
  | { readonly type: 'retry'; readonly stage: S; readonly failed: AttemptFailure }
  /** Take the artifact of the stage out of the store: it is damaged. */
  | { readonly type: 'set-aside'; readonly stage: S; readonly message: string }
  | {
      readonly type: 'settle'
      readonly stage: S
      readonly outcome: 'cached' | 'done' | 'failed' | 'cancelled'
      readonly attempts: number
    }
  /** Let the stage's lease go. */
  | { readonly type: 'release'; readonly stage: S }
  /** All is decided. @param left - Stages that were not begun. */
  | { readonly type: 'end'; readonly left: ReadonlyMap<string, Extract<StageOutcome, 'cancelled' | 'skipped'>> }

/** Decides which stage runs when. */
export interface Schedule<S extends SchedulableStage> {
  /** Takes in what happened, and says what is to be done, in this order. */
  next(event: ScheduleEvent): readonly Decision<S>[]
}

type Status = 'looking' | 'waiting' | 'running' | 'done' | 'failed'

interface Running {
  /** Given back while another process computes the stage. */
  granted: Granted | undefined
  attempts: number
}

/**
 * The decisions of a run: what the wanted stages need and the store lacks, in parallel under the budget.
 *
 * It touches neither store nor processes nor time: equal events give equal decisions.
 */
export function createSchedule<S extends SchedulableStage>(options: ScheduleOptions<S>): Schedule<S> {
  const { stages, budget } = options
  const status = new Map<string, Status>()
  const running = new Map<string, Running>()
  // Two nodes with equal operation, options and inputs have the same key: the second uses the artifact that the first makes.
  const runningKeys = new Set<string>()
  const forced = new Set(options.forced)
  const consumers = consumersIn(stages)
  const ready = createReadyList(options.order ?? stages.keys())
  let numLooking = 0
  let isAborted = false
  let isStopping = false
  let isEnded = false
  let decisions: Decision<S>[] = []

  /** A stage is needed. Unless its artifact is in the store, the stages that make its inputs are needed too. */
  const need = (id: string): void => {
    const open = [id]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (status.has(next)) continue
      const stage = stages.get(next)!
      if (forced.has(next)) {
        status.set(next, 'waiting')
        open.push(...producersOf(stage))
      } else {
        status.set(next, 'looking')
        numLooking++
        decisions.push({ type: 'look', stage })
      }
    }
  }

  const isReady = (id: string): boolean =>
    status.get(id) === 'waiting' && producersOf(stages.get(id)!).every((producer) => status.get(producer) === 'done')

  const readyAll = (): void => {
    for (const id of status.keys()) if (isReady(id)) ready.add(id)
  }

  /** Whether all that is left to do waits for a stage, which can use more CPUs than it needs. */
  const isAlone = ({ id, resources }: S): boolean => {
    if ((resources.maxCpus ?? 0) <= resources.cpus || [...running.keys()].some((other) => other !== id)) return false
    const after = new Set([id])
    for (const each of after) for (const consumer of consumers.get(each) ?? []) after.add(consumer)
    return [...status].every(([other, state]) => state !== 'waiting' || after.has(other))
  }

  /** Begins the first stage that can begin. */
  const begin = (): void => {
    for (let at = 0; at < ready.ids.length && !isStopping && !budget.isSpent; at++) {
      const stage = stages.get(ready.ids[at]!)!
      const granted = runningKeys.has(stage.key) ? undefined : budget.take(stage.resources, isAlone(stage))
      if (!granted) continue
      ready.removeAt(at)
      status.set(stage.id, 'running')
      running.set(stage.id, { granted, attempts: 0 })
      runningKeys.add(stage.key)
      decisions.push({ type: 'begin', stage, isForced: forced.has(stage.id) })
      return
    }
  }

  /** Gives what has fallen idle to the stage that all that is left waits for. */
  const extend = (): void => {
    const [only] = running
    if (running.size !== 1 || only === undefined) return
    const [id, own] = only
    const stage = stages.get(id)!
    if (own.granted === undefined || own.attempts === 0 || isStopping || !isAlone(stage)) return
    const granted = budget.extend(own.granted, stage.resources)
    if (granted === undefined) return
    own.granted = granted
    decisions.push({ type: 'extend', stage, granted })
  }

  /** Ends the run when nothing can begin any more. */
  const end = (): void => {
    if (running.size > 0 || (!isStopping && ready.ids.length > 0)) return
    isEnded = true
    const outcome = isAborted ? 'cancelled' : 'skipped'
    const left = [...status].flatMap(([id, state]) => (state === 'waiting' ? [[id, outcome] as const] : []))
    decisions.push({ type: 'end', left: new Map(left) })
  }

  const giveBack = (own: Running): void => {
    if (own.granted) budget.give(own.granted)
    own.granted = undefined
  }

  const release = (stage: S): void => {
    giveBack(running.get(stage.id)!)
    running.delete(stage.id)
    runningKeys.delete(stage.key)
    decisions.push({ type: 'release', stage })
  }

  const settle = (stage: S, outcome: 'cached' | 'done' | 'failed' | 'cancelled', attempts = 0): void => {
    const isFine = outcome === 'done' || outcome === 'cached'
    forced.delete(stage.id)
    status.set(stage.id, isFine ? 'done' : 'failed')
    if (!isFine && options.onError === 'stop') isStopping = true
    decisions.push({ type: 'settle', stage, outcome, attempts })
    if (isFine) for (const consumer of consumers.get(stage.id) ?? []) if (isReady(consumer)) ready.add(consumer)
    release(stage)
  }

  const attempt = (stage: S): void => {
    const own = running.get(stage.id)!
    own.attempts++
    decisions.push({ type: 'attempt', stage, granted: own.granted!, attempt: own.attempts })
  }

  const failed = (stage: S, failure: AttemptFailure): void => {
    const { attempts } = running.get(stage.id)!
    if (failure.corruptKey !== undefined && remake(stage, failure.corruptKey, failure.message)) return
    if (isAborted || failure.failure === 'cancelled') settle(stage, 'cancelled', attempts)
    else if (attempts <= (options.retries[failure.failure] ?? 0)) {
      decisions.push({ type: 'retry', stage, failed: failure })
      attempt(stage)
    } else settle(stage, 'failed', attempts)
  }

  /** An input was found damaged: its stage runs again, then this one. */
  const remake = (stage: S, key: string, message: string): boolean => {
    const damaged = new Set(producersOf(stage).filter((id) => stages.get(id)!.key === key))
    const [first] = damaged
    if (first === undefined) return false
    decisions.push({ type: 'set-aside', stage: stages.get(first)!, message })
    status.set(stage.id, 'waiting')
    release(stage)
    for (const id of damaged) {
      status.delete(id)
      need(id)
    }
    return true
  }

  const looked = (stage: S, isThere: boolean): void => {
    numLooking--
    status.set(stage.id, isThere ? 'done' : 'waiting')
    if (!isThere) for (const producer of producersOf(stage)) need(producer)
    if (numLooking === 0) readyAll()
  }

  const take = (event: ScheduleEvent): void => {
    if (event.type === 'idle') {
      if (isEnded || numLooking > 0) return
      begin()
      if (decisions.length === 0) extend()
      if (decisions.length === 0) end()
      return
    }
    if (event.type === 'started') {
      for (const id of options.wanted) need(id)
      if (numLooking === 0) readyAll()
      return
    }
    if (event.type === 'aborted') {
      isAborted = isStopping = true
      return
    }
    const stage = stages.get(event.id)!
    if (event.type === 'looked') looked(stage, event.isThere)
    else if (event.type === 'begun') {
      if (event.state === 'free') attempt(stage)
      else if (event.state === 'there') settle(stage, 'cached')
      else {
        giveBack(running.get(stage.id)!)
        decisions.push({ type: 'wait', stage })
      }
    } else if (event.type === 'waited') {
      if (event.isThere) settle(stage, 'cached')
      else {
        status.set(stage.id, 'waiting')
        ready.add(stage.id)
        release(stage)
      }
    } else if (event.failed) failed(stage, event.failed)
    else settle(stage, 'done', running.get(stage.id)!.attempts)
  }

  return {
    next(event) {
      decisions = []
      take(event)
      return decisions
    },
  }
}

function consumersIn(stages: ReadonlyMap<string, SchedulableStage>): ReadonlyMap<string, readonly string[]> {
  const consumers = new Map<string, string[]>()
  for (const stage of stages.values()) {
    for (const producer of producersOf(stage)) {
      const list = consumers.get(producer)
      if (list) list.push(stage.id)
      else consumers.set(producer, [stage.id])
    }
  }
  return consumers
}

/** Stages that a stage needs. */
export function producersOf({ inputs, fitStage }: SchedulableStage): readonly string[] {
  const producers = inputs.map((input) => input.stage)
  return fitStage === undefined ? producers : [...producers, fitStage]
}
