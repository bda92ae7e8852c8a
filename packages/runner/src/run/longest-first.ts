import type { Stage } from '../plan/stages.js'
import { producersOf, type SchedulableStage } from './schedule.js'

/** What decides how long a stage may take. */
type WeighedStage = SchedulableStage & Pick<Stage, 'needsEngine'>

/** Stages that compute on tensors take seconds and more, others mostly parts of one. */
const weightOnEngine = 10

/**
 * Stages in the order in which they should begin: those first after which most is left to do, one stage after another. If the longest chain waits for
 * shorter ones, it is still at work when all else is done, and the other processors idle. Among equal chains the stage comes first that needs more memory, as a
 * larger one mostly takes longer; then the order of the plan.
 *
 * How long stages took before does not count: runs of equal stages should begin them in the same order.
 *
 * @param stages - Producers first.
 */
export function longestFirst(stages: ReadonlyMap<string, WeighedStage>): readonly string[] {
  const left = new Map<string, number>()
  for (const [id, stage] of [...stages].reverse()) {
    const own = (left.get(id) ?? 0) + (stage.needsEngine ? weightOnEngine : 1)
    left.set(id, own)
    for (const producer of producersOf(stage)) left.set(producer, Math.max(left.get(producer) ?? 0, own))
  }
  const memoryOf = (id: string): number => stages.get(id)!.resources.memoryMb
  // Sorting keeps the order of the plan among equals.
  return [...stages.keys()].sort((a, b) => left.get(b)! - left.get(a)! || memoryOf(b) - memoryOf(a))
}
