import type { Earlier } from './explain.js'
import type { Stage } from './stages.js'

/**
 * Finds, for a stage, the earlier run in which it and what is upstream of it differ least from now: the change that `explain` reports is the one against
 * that run, not against the last, which may have been of something else.
 *
 * @param stages - Producers first.
 * @param runs - Newest first; of equally near ones the newest is taken.
 */
export function nearestRun(
  stages: ReadonlyMap<string, Stage>,
  runs: readonly Earlier[],
): (stage: string) => Earlier | undefined {
  const distances = runs.map((earlier) => distancesTo(earlier, stages))
  return (stage) => {
    let best = 0
    distances.forEach((distance, index) => {
      if (distance.get(stage)! < distances[best]!.get(stage)!) best = index
    })
    return runs[best]
  }
}

/** Per stage, how many stages and ingredients differ, counted along every path of edges that leads to it. */
function distancesTo(earlier: Earlier, stages: ReadonlyMap<string, Stage>): ReadonlyMap<string, number> {
  const distances = new Map<string, number>()
  for (const stage of stages.values()) {
    const before = earlier.get(stage.id)
    if (before?.key === stage.key) {
      distances.set(stage.id, 0)
      continue
    }
    const producers = [
      ...stage.inputs.map((input) => input.stage),
      ...(stage.fitStage === undefined ? [] : [stage.fitStage]),
    ]
    const above = producers.reduce((sum, id) => sum + (distances.get(id) ?? 0), 0)
    // A run that lacks the stage is farther than one in which much of it differs.
    distances.set(stage.id, above + (before ? 1 + numDifferent(before.ingredients, stage.ingredients) : 1000))
  }
  return distances
}

function numDifferent(before: Stage['ingredients'], now: Stage['ingredients']): number {
  const names = new Set([...Object.keys(before.options), ...Object.keys(now.options)])
  const options = [...names].filter(
    (name) => JSON.stringify(before.options[name]) !== JSON.stringify(now.options[name]),
  )
  const others = [before.operation !== now.operation, before.implementation !== now.implementation].filter(Boolean)
  return options.length + others.length
}
