import type { Found } from '../store/store.js'
import type { Manifest } from '../store/manifest.js'
import type { Stage } from './stages.js'

/** What a run will do with a stage. */
export type StageState = 'cached' | 'run' | 'pruned'

/** A stage and what will happen to it. */
export interface PlannedStage {
  readonly stage: Stage
  readonly state: StageState
  readonly reason: string
  /** Of a cached stage. */
  readonly manifest?: Manifest
}

/** What a run will do. */
export interface Plan {
  /** Producers first. */
  readonly stages: ReadonlyMap<string, PlannedStage>
  readonly wanted: readonly string[]
}

/** What {@link buildPlan} is told. */
export interface PlanOptions {
  /** Stages whose artifacts are wanted. */
  readonly wanted: readonly string[]
  find(key: string): Found
  /** Nodes that are computed again though they are cached. */
  readonly forced?: ReadonlySet<string>
  /** Why a stage that is not cached has to run. */
  reason?(stage: Stage): string
}

/**
 * Decides, from the wanted stages upward, what has to run; everything above a hit is pruned.
 *
 * @param stages - Producers first.
 */
export function buildPlan(stages: ReadonlyMap<string, Stage>, options: PlanOptions): Plan {
  const needed = new Set(options.wanted)
  const planned = new Map<string, PlannedStage>()
  for (const stage of [...stages.values()].reverse()) {
    if (!needed.has(stage.id)) {
      planned.set(stage.id, { stage, state: 'pruned', reason: 'nothing that runs needs it' })
      continue
    }
    const isForced = options.forced?.has(stage.node) ?? false
    const found: Found = isForced ? { state: 'absent' } : options.find(stage.key)
    if (found.state === 'present') {
      planned.set(stage.id, {
        stage,
        state: 'cached',
        reason: 'every ingredient of its key is as before',
        manifest: found.manifest,
      })
      continue
    }
    const reason = isForced
      ? 'asked for with --from'
      : found.state === 'corrupt'
        ? `its artifact is damaged: ${found.reason}`
        : (options.reason?.(stage) ?? 'it was never computed')
    planned.set(stage.id, { stage, state: 'run', reason })
    for (const input of stage.inputs) needed.add(input.stage)
    if (stage.fitStage !== undefined) needed.add(stage.fitStage)
  }
  return { stages: new Map([...planned].reverse()), wanted: options.wanted }
}

/** Stages that hold what the wanted nodes put out. */
export function wantedStages(stages: ReadonlyMap<string, Stage>, nodes: readonly string[]): string[] {
  const wanted = new Set(nodes)
  return [...stages.values()]
    .filter((stage) => wanted.has(stage.node) && (stage.outputs.length > 0 || !stages.has(`${stage.node}:apply`)))
    .map((stage) => stage.id)
}
