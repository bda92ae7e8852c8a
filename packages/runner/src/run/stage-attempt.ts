import { join } from 'node:path'
import type { FromWorker, StageResult } from '../executor/protocol.js'
import type { WorkerPool } from '../executor/worker-pool.js'
import type { Stage } from '../plan/stages.js'
import type { Durability } from '../store/durability.js'
import type { Store } from '../store/store.js'
import { changedContent } from './changed-content.js'
import type { CodeWatch } from './code-watch.js'
import type { EventListener } from './events.js'
import type { KeyedPipeline } from './key-pipeline.js'
import type { Granted } from './resource-budget.js'
import { specMaker } from './stage-spec.js'

/** What attempts are made with. */
export interface AttemptOptions {
  readonly keyed: KeyedPipeline
  readonly store: Store
  /** Stages to compute though they are cached. */
  readonly forced: ReadonlySet<string>
  readonly pool: WorkerPool
  /** GPUs of the run. */
  readonly devices: readonly string[]
  readonly durability: Durability
  readonly code: CodeWatch
  readonly logDir: string
  /** Of one attempt. */
  readonly timeoutMs: number | undefined
  readonly emit: EventListener
}

/** Attempts at stages in the workers of a pool. */
export interface Attempts {
  /** Runs one attempt. @throws AttemptFailed */
  readonly attempt: (stage: Stage, granted: Granted, attempt: number) => Promise<StageResult>
  /** Tells a running attempt that it may use more CPUs. */
  readonly extend: (stage: Stage, granted: Granted) => void
  /** File with what the last attempt at a stage logged. */
  readonly logFiles: Map<string, string>
}

/** Makes attempts. When a worker has published an artifact, that is reported as an event, and the artifact is flushed to disk. */
export function attempts(options: AttemptOptions): Attempts {
  const { keyed, store, forced, pool, devices, durability, code, emit } = options
  const logFiles = new Map<string, string>()
  const makeSpec = specMaker(keyed, store.dir)
  return {
    logFiles,
    async attempt(stage, granted, attempt) {
      const logFile = join(options.logDir, `${stage.id.replace(':', '.')}.${String(attempt)}.log`)
      logFiles.set(stage.id, logFile)
      const threads = granted.cpus
      emit({ type: 'stage-started', stage: stage.id, node: stage.node, attempt, logFile })
      const spec = {
        ...makeSpec(stage, { threads, attempt, logFile, replaces: forced.has(stage.id) }),
        code: code.seenBy(stage),
      }
      const kind = {
        // Kernels of an engine, and frozen networks, use what is granted beyond what was asked for; they need no other process.
        threads: stage.needsEngine ? Math.min(threads, stage.resources.cpus) : threads,
        engine: stage.needsEngine ? keyed.engine?.name : undefined,
        devices: devices.length > 0 ? granted.devices : undefined,
      }
      const result = await pool.run(spec, {
        kind,
        timeoutMs: options.timeoutMs,
        refusal: () => changedContent(keyed, stage),
        onMessage: (message) => {
          forward(stage, message, emit)
        },
      })
      if (result.published !== 'same') code.published(stage)
      if (result.published === 'new') durability.add(store.path(stage.key), result.manifest)
      if (result.published === 'differs')
        emit({
          type: 'notice',
          message: `"${stage.id}" gave other bytes than before for equal inputs: ${stage.type} is not deterministic, or what it read was other then; the ${spec.replaces ? 'new' : 'first'} result is kept`,
        })
      return result
    },
    extend(stage, { cpus }) {
      pool.grant(stage.key, cpus)
    },
  }
}

function forward(stage: Stage, message: FromWorker, emit: EventListener): void {
  const where = { stage: stage.id, node: stage.node }
  if (message.type === 'progress')
    emit({ type: 'stage-progress', ...where, done: message.done, total: message.total, unit: message.unit })
  else if (message.type === 'log') emit({ type: 'stage-log', ...where, level: message.level, message: message.message })
  else if (message.type === 'metric')
    emit({ type: 'stage-metric', ...where, name: message.name, value: message.value, step: message.step })
}
