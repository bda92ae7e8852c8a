import { buildPlan, wantedStages, type Plan } from '../plan/build-plan.js'
import { describeDifference, explainStage, type Earlier } from '../plan/explain.js'
import { codeChanges } from '../plan/explain-code.js'
import { nearestRun } from '../plan/nearest-run.js'
import type { Stage } from '../plan/stages.js'
import type { Store } from '../store/store.js'
import type { KeyedPipeline } from './key-pipeline.js'
import { neededAndLeftOut, unknownNodeToRun } from './run-problems.js'
import { lastRunsOf, type RunRecord } from './run-record.js'

/** Which part of a pipeline is wanted. */
export interface Selection {
  /** Only these nodes, and what they need. */
  readonly to?: readonly string[]
  /** These nodes and everything downstream are computed again. */
  readonly from?: readonly string[]
  /** Only these nodes; what they need must be cached. */
  readonly only?: readonly string[]
}

/** Earlier runs among which the nearest is looked for. */
const comparedRuns = 20

/** A plan, and the stages that are computed again though they are cached. */
export interface SelectedPlan {
  readonly plan: Plan
  readonly forced: ReadonlySet<string>
}

/** Plans a run: what is cached, what will run and why, what is pruned. @throws PipelineError `ERR_UNKNOWN_NODE`, `ERR_MISSING_INPUT`. */
export function planRun(keyed: KeyedPipeline, store: Store, selection: Selection = {}): SelectedPlan {
  const { graph, stages } = keyed
  for (const node of [...(selection.to ?? []), ...(selection.from ?? []), ...(selection.only ?? [])]) {
    if (!graph.nodes.has(node)) throw unknownNodeToRun(node, graph.nodes.keys())
  }
  const nodes = selection.only ?? selection.to ?? graph.wanted
  const forcedNodes = downstreamOf(selection.from ?? [], stages)
  // Looked for only where something has to run.
  let nearest: ReturnType<typeof nearestRun> | undefined
  const codeChange = codeChanges(store.dir, keyed.codes)
  const plan = buildPlan(stages, {
    wanted: wantedStages(stages, nodes),
    find: (key) => store.find(key),
    forced: forcedNodes,
    reason: (stage) => {
      nearest ??= nearestRun(stages, lastRunsOf(store.dir, keyed.document.file, comparedRuns).map(earlierOf))
      const earlier = nearest(stage.id)
      const difference = earlier && explainStage(stage.id, stages, earlier, codeChange)
      return difference
        ? describeDifference(difference)
        : earlier
          ? 'its artifact is not in the store'
          : 'it was never computed'
    },
  })
  if (selection.only) requireCachedInputs(plan, selection.only)
  const forced = new Set(
    [...plan.stages.values()]
      .filter((each) => each.state === 'run' && forcedNodes.has(each.stage.node))
      .map((each) => each.stage.id),
  )
  return { plan, forced }
}

/** Ingredients of the stages of a run. */
export function earlierOf(record: RunRecord): Earlier {
  return new Map(
    Object.entries(record.stages).map(([id, stage]) => [id, { key: stage.key, ingredients: stage.ingredients }]),
  )
}

function downstreamOf(nodes: readonly string[], stages: ReadonlyMap<string, Stage>): ReadonlySet<string> {
  const reached = new Set(nodes)
  for (const stage of stages.values()) {
    if (stage.inputs.some((input) => reached.has(stages.get(input.stage)!.node))) reached.add(stage.node)
  }
  return reached
}

function requireCachedInputs(plan: Plan, only: readonly string[]): void {
  const missing = [...plan.stages.values()].find((each) => each.state === 'run' && !only.includes(each.stage.node))
  if (!missing) return
  throw neededAndLeftOut(missing.stage.node, only)
}
