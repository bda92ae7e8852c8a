import type { PipelineError } from '@etsef/plugin-api'
import { asError } from '../errors.js'
import type { StageResult } from '../executor/protocol.js'
import { AttemptFailed } from '../executor/attempt-failed.js'
import type { Stage } from '../plan/stages.js'
import type { KeyLocks } from '../store/key-lock.js'
import type { Manifest } from '../store/manifest.js'
import type { Store } from '../store/store.js'
import type { EventListener, StageOutcome } from './events.js'
import { nodeError } from './node-error.js'
import type { Granted } from './resource-budget.js'
import { createSchedule, type Decision, type ScheduleEvent, type ScheduleOptions } from './schedule.js'

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
export interface RunStagesOptions extends ScheduleOptions<Stage> {
  readonly store: Store
  readonly locks: KeyLocks
  readonly signal: AbortSignal
  readonly numToRun: number
  /** Runs one attempt. @throws AttemptFailed */
  attempt(stage: Stage, granted: Granted, attempt: number): Promise<StageResult>
  /** Lets the running attempt use what it is granted now. */
  extend(stage: Stage, granted: Granted): void
  readonly emit: EventListener
}

const firstPollMs = 20
const lastPollMs = 500

/** Does what the schedule decides, until it ends. Never rejects for a stage: its report says what happened. */
export function runStages(options: RunStagesOptions): Promise<ReadonlyMap<string, StageReport>> {
  const { signal } = options
  const schedule = createSchedule(options)
  const effects = createEffects(options)
  return new Promise((resolve, reject) => {
    const events: ScheduleEvent[] = []
    let isBusy = false
    let isOver = false
    const crash = (thrown: unknown): void => {
      isOver = true
      reject(asError(thrown))
    }
    const follow = (decisions: readonly Decision<Stage>[]): void => {
      for (const decision of decisions) {
        if (decision.type === 'end') {
          isOver = true
          resolve(effects.reports)
        }
        const answer = effects.act(decision)
        if (answer instanceof Promise) answer.then(tell, crash)
        else if (answer) events.push(answer)
      }
    }
    /** Tells the schedule all that happened, then that nothing else has, until it decides nothing more. */
    const settleDown = (): void => {
      for (;;) {
        while (events.length > 0) for (const event of events.splice(0)) follow(schedule.next(event))
        const begun = schedule.next({ type: 'idle' })
        if (begun.length === 0) return
        follow(begun)
      }
    }
    const tell = (event: ScheduleEvent): void => {
      events.push(event)
      // An effect may report an event at once, while earlier decisions are still carried out: the event is queued, so that decisions keep
      // their order.
      if (isOver || isBusy) return
      isBusy = true
      try {
        settleDown()
      } catch (thrown) {
        crash(thrown)
      } finally {
        isBusy = false
      }
    }
    tell({ type: 'started' })
    const abort = (): void => {
      tell({ type: 'aborted' })
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
  })
}

type Answer = ScheduleEvent | Promise<ScheduleEvent> | undefined

/** What the decisions do to store, leases and workers, and what is told of it. */
function createEffects(options: RunStagesOptions): {
  readonly reports: Map<string, StageReport>
  act(decision: Decision<Stage>): Answer
} {
  const { store, locks, emit, signal } = options
  const reports = new Map<string, StageReport>()
  const startedAt = new Map<string, number>()
  /** What is known of a stage that is about to be settled. */
  const found = new Map<string, Pick<StageReport, 'manifest' | 'result' | 'error'>>()
  let numDone = 0

  const setAside = (stage: Stage, message: string): void => {
    emit({ type: 'artifact-damaged', stage: stage.id, node: stage.node, key: stage.key, message })
    store.quarantine(stage.key)
  }

  const look = (stage: Stage): boolean => {
    const seen = store.find(stage.key)
    if (seen.state === 'absent') return false
    const damage = seen.state === 'corrupt' ? seen.reason : store.verify(seen.manifest)
    if (seen.state === 'present' && damage === undefined) {
      reports.set(stage.id, { outcome: 'cached', seconds: 0, attempts: 0, manifest: seen.manifest })
      store.touch(stage.key)
      return true
    }
    setAside(stage, `the artifact of "${stage.id}" is damaged (${damage ?? ''}); it is set aside and computed again`)
    return false
  }

  const isPublished = (stage: Stage): boolean => {
    const seen = store.find(stage.key)
    if (seen.state !== 'present') return false
    found.set(stage.id, { manifest: seen.manifest })
    return true
  }

  const begin = (stage: Stage, isForced: boolean): 'free' | 'there' | 'taken' => {
    startedAt.set(stage.id, performance.now())
    if (!locks.tryTake(stage.key)) return 'taken'
    return !isForced && isPublished(stage) ? 'there' : 'free'
  }

  /** Another process makes the artifact: waits for it. @returns True when it came. */
  const waitForOther = async (stage: Stage): Promise<boolean> => {
    for (let pauseMs = firstPollMs; !signal.aborted; pauseMs = Math.min(lastPollMs, pauseMs * 1.5)) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      if (isPublished(stage)) return true
      if (locks.tryTake(stage.key)) {
        locks.release(stage.key)
        return false
      }
    }
    return false
  }

  const attempt = async (stage: Stage, granted: Granted, number: number): Promise<ScheduleEvent> => {
    try {
      const result = await options.attempt(stage, granted, number)
      found.set(stage.id, { manifest: result.manifest, result })
      return { type: 'attempted', id: stage.id }
    } catch (thrown) {
      if (!(thrown instanceof AttemptFailed)) throw thrown
      const { failure, corruptKey, message } = thrown
      found.set(stage.id, { error: nodeError(stage, thrown.error) })
      return { type: 'attempted', id: stage.id, failed: { failure, corruptKey, message } }
    }
  }

  const settle = (stage: Stage, outcome: StageOutcome, attempts: number): void => {
    const seconds = outcome === 'cached' ? 0 : secondsSince(startedAt.get(stage.id)!)
    const { error, ...made } = found.get(stage.id)!
    const failure = outcome === 'failed' && error ? { error } : {}
    reports.set(stage.id, { outcome, seconds, attempts, ...made, ...failure })
    numDone++
    emit({
      type: 'stage-finished',
      stage: stage.id,
      node: stage.node,
      outcome,
      seconds,
      numDone,
      numToRun: options.numToRun,
      ...failure,
    })
  }

  return {
    reports,
    act(decision) {
      if (decision.type === 'end') {
        for (const [id, outcome] of decision.left) reports.set(id, { outcome, seconds: 0, attempts: 0 })
        return undefined
      }
      const { stage } = decision
      const { id } = stage
      switch (decision.type) {
        case 'look':
          return { type: 'looked', id, isThere: look(stage) }
        case 'begin':
          return { type: 'begun', id, state: begin(stage, decision.isForced) }
        case 'wait':
          return waitForOther(stage).then((isThere) => ({ type: 'waited', id, isThere }))
        case 'attempt':
          return attempt(stage, decision.granted, decision.attempt)
        case 'extend':
          options.extend(stage, decision.granted)
          return undefined
        case 'retry': {
          const { failure, message } = decision.failed
          emit({ type: 'stage-retried', stage: id, node: stage.node, failure, message })
          return undefined
        }
        case 'set-aside':
          setAside(stage, decision.message)
          return undefined
        case 'settle':
          settle(stage, decision.outcome, decision.attempts)
          return undefined
        case 'release':
          locks.release(stage.key)
          return undefined
      }
    },
  }
}

function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000
}
