import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { storeProblem } from '../store/store-problem.js'
import { storeFolders, type Store } from '../store/store.js'
import type { EventListener, TimedEvent } from './events.js'
import { beginRun, type RunLease } from './live-runs.js'
import { runDir, type RunRecord } from './run-record.js'

/** What a run keeps in the store beside its artifacts. */
export interface RunFiles {
  readonly journal: number
  readonly logDir: string
  readonly lease: RunLease
}

/**
 * The files of a run, and the run made known.
 *
 * @returns `undefined` in a store that can only be read, when all is cached. @throws PipelineError `ERR_STORE` when something is to run.
 */
export function beginFiles(store: Store, numToRun: number, record: RunRecord): RunFiles | undefined {
  let lease: RunLease | undefined
  try {
    lease = beginRun(store.dir, record)
    const logDir = join(store.dir, storeFolders.logs, record.run)
    ensureFolder(logDir)
    return { lease, logDir, journal: openSync(join(runDir(store.dir, record.run), 'events.jsonl'), 'a') }
  } catch (thrown) {
    lease?.release()
    const error = storeProblem(thrown, store.dir)
    if (error && numToRun === 0) return undefined
    throw error ?? thrown
  }
}

/** Gives every event the time at which it came. */
export function timed(listener: ((event: TimedEvent) => void) | undefined): EventListener {
  return (event) => listener?.({ time: new Date().toISOString(), ...event })
}

/** Events go to the journal first, except the fleeting ones. */
export function journaled(
  journal: number | undefined,
  listener: ((event: TimedEvent) => void) | undefined,
): EventListener {
  let descriptor = journal
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }
  return timed((event) => {
    try {
      if (descriptor !== undefined && event.type !== 'stage-progress')
        writeSync(descriptor, `${JSON.stringify(event)}\n`)
    } catch {
      // A full disk: the run goes on as far as it can, and says what it was.
      close()
    }
    listener?.(event)
    if (event.type === 'run-finished') close()
  })
}
