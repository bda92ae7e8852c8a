import type { Executor, ExecutorSession } from '@etsef/plugin-api'
import type { Stage } from '../plan/stages.js'
import type { KeyLocks } from '../store/key-lock.js'
import type { Store } from '../store/store.js'
import type { CodeWatch } from './code-watch.js'
import type { EventListener } from './events.js'
import type { KeyedPipeline } from './key-pipeline.js'
import type { Retries } from './schedule.js'

/** What `dispatchStages` works with. */
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
