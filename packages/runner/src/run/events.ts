import type { PipelineError } from '@etsef/plugin-api'
import type { FailureClass } from '../executor/attempt-failed.js'

/** How a stage ended. */
export type StageOutcome = 'cached' | 'done' | 'failed' | 'skipped' | 'pruned' | 'cancelled'

/** What happens in a run, as it happens. */
export type RunEvent =
  | { readonly type: 'run-started'; readonly run: string; readonly numStages: number; readonly numToRun: number }
  | {
      readonly type: 'stage-started'
      readonly stage: string
      readonly node: string
      readonly attempt: number
      readonly logFile: string
    }
  | {
      readonly type: 'stage-progress'
      readonly stage: string
      readonly node: string
      readonly done: number
      readonly total: number
      readonly unit?: string | undefined
    }
  | {
      readonly type: 'stage-log'
      readonly stage: string
      readonly node: string
      readonly level: 'info' | 'warn'
      readonly message: string
    }
  | {
      readonly type: 'stage-metric'
      readonly stage: string
      readonly node: string
      readonly name: string
      readonly value: number
      readonly step?: number | undefined
    }
  | {
      readonly type: 'stage-retried'
      readonly stage: string
      readonly node: string
      readonly failure: FailureClass
      readonly message: string
    }
  | {
      readonly type: 'artifact-damaged'
      readonly stage: string
      readonly node: string
      readonly key: string
      readonly message: string
    }
  | {
      readonly type: 'stage-finished'
      readonly stage: string
      readonly node: string
      readonly outcome: StageOutcome
      readonly seconds: number
      readonly numDone: number
      readonly numToRun: number
      readonly error?: PipelineError
    }
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'run-finished'; readonly run: string; readonly status: RunStatus; readonly seconds: number }

/** How a run ended. */
export type RunStatus = 'ok' | 'failed' | 'interrupted'

/** Receives events in order. */
export type EventListener = (event: RunEvent) => void

/** An event, and when it was learned of: ISO 8601, in UTC. */
export type TimedEvent = { readonly time: string } & RunEvent
