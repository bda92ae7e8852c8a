import type { PipelineError } from '@etsef/plugin-api'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { problem } from '../errors.js'
import { failureOf } from '../executor/attempt-failed.js'
import type { TaskEvent } from '../executor/task-file.js'
import type { Stage } from '../plan/stages.js'
import { manifestDigest } from '../store/manifest.js'
import type { DispatchOptions } from './dispatch-options.js'
import { nodeError } from './node-error.js'
import type { StageReport } from './run-stages.js'
import { producersOf } from './schedule.js'
import { tasksDir } from './submitted-tasks.js'

/** Another machine's files may be seen a little later than the end of its task. */
const looks = 4
const lookMs = 300

/** What is known of the stages of a run, from the store and the journals of tasks. */
export interface StageLedger {
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

/** A ledger in which nothing is known yet. */
export function createStageLedger(options: DispatchOptions): StageLedger {
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

/** Whether the store has all that a stage reads. */
export function hasInputs(stage: Stage, { stages, store }: Pick<DispatchOptions, 'stages' | 'store'>): boolean {
  return producersOf(stage).every((id) => store.find(stages.get(id)!.key).state === 'present')
}
