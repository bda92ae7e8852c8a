import { createHash } from 'node:crypto'
import { InvalidPipeline } from '../errors.js'
import type { Ancestry, Edge, GraphNode } from '../graph/graph.js'
import { emptyMap, fromPlain } from '../pipeline/located.js'
import { wantedStages } from '../plan/build-plan.js'
import type { Stage } from '../plan/stages.js'
import { keyPipeline, type KeyedPipeline } from '../run/key-pipeline.js'
import type { CheckedSweep } from './check-sweep.js'
import { addPooled } from './pooled-stages.js'
import { poolOperation } from './pooled-trials.js'
import { overridesOf, type Trial } from './trial.js'

/** A trial within the union of all. */
export interface TrialStages {
  readonly trial: Trial
  /** Stage of the union for every stage of the trial. */
  readonly stageOf: ReadonlyMap<string, string>
  /** Stages of the union that hold what the trial is for. */
  readonly wanted: readonly string[]
}

/** All trials of a sweep as one pipeline in which every key stands once. */
export interface KeyedSweep {
  readonly sweep: CheckedSweep
  readonly union: KeyedPipeline
  readonly members: readonly TrialStages[]
}

/**
 * Merges the trials of a sweep: nodes that have the same keys are one node, so that each is planned and computed once, whoever needs it.
 *
 * A node goes by its own name for the first trial that has it, and by `node@trial` for later trials in which it is another.
 *
 * @throws InvalidPipeline when a trial has problems.
 */
export async function mergeTrials(sweep: CheckedSweep): Promise<KeyedSweep> {
  if (sweep.problems.length > 0) throw new InvalidPipeline(sweep.problems)
  const { basis, shared } = sweep
  const isWantedAnyway = new Set(basis.graph.wanted)
  const byAncestry = new Map<Ancestry, string>()
  const byKeys = new Map<string, string>()
  const ancestries = new Map<string, Ancestry>()
  const nodes = new Map<string, GraphNode>()
  const specs = new Map<string, NonNullable<ReturnType<typeof basis.graph.specs.get>>>()
  const stages = new Map<string, Stage>()
  const wantedNodes = new Set<string>()
  const contents: Record<string, KeyedPipeline['contents'][string]> = {}
  const digested = new Map<string, NonNullable<ReturnType<KeyedPipeline['digested']['get']>>>()
  const codes = new Map<string, NonNullable<ReturnType<KeyedPipeline['codes']['get']>>>()
  const notices = new Set<string>()
  const members: TrialStages[] = []
  let engine: KeyedPipeline['engine']
  for (const trial of sweep.trials) {
    if (trial.pooled) continue
    const keyed = await keyPipeline(sweep.pipelines.get(trial.id)!, shared)
    engine ??= keyed.engine
    for (const notice of keyed.notices) notices.add(notice)
    for (const [digest, code] of keyed.codes) codes.set(digest, code)
    const nameOf = new Map<string, string>()
    const stageOf = new Map<string, string>()
    for (const [id, own] of stagesByNode(keyed)) {
      const ancestry = keyed.graph.ancestries.get(id)
      const keys = own.map(({ key }) => key).join(' ')
      const known = (ancestry && byAncestry.get(ancestry)) ?? byKeys.get(keys)
      const name = known ?? (nodes.has(id) ? `${id}@${trial.id}` : id)
      nameOf.set(id, name)
      for (const stage of own) stageOf.set(stage.id, stageName(stage, name))
      if (ancestry) byAncestry.set(ancestry, name)
      if (known !== undefined) continue
      byKeys.set(keys, name)
      nodes.set(name, renamedNode(keyed.graph.nodes.get(id)!, name, nameOf))
      if (ancestry) ancestries.set(name, ancestry)
      const spec = keyed.graph.specs.get(id)
      if (spec) specs.set(name, spec)
      for (const stage of own) stages.set(stageName(stage, name), renamedStage(stage, name, stageOf))
      const read = keyed.digested.get(id)
      if (read) digested.set(name, read)
      for (const { option } of read ?? []) {
        const content = keyed.contents[`${id}.${option}`]
        if (content) contents[`${name}.${option}`] = content
      }
    }
    const { wanted } = keyed.graph
    const asked = trial.isAblated ? wanted.filter((node) => isWantedAnyway.has(node)) : wanted
    for (const node of asked) wantedNodes.add(nameOf.get(node)!)
    members.push({ trial, stageOf, wanted: wantedStages(keyed.stages, asked).map((id) => stageOf.get(id)!) })
  }
  const byTrial = new Map(members.map((member) => [member.trial.id, member]))
  for (const { pooled, ...trial } of sweep.trials) {
    if (!pooled) continue
    const folds = pooled.trials.map((id) => byTrial.get(id)!)
    const member = addPooled(
      { ...trial, pooled },
      folds,
      { nodes, specs, stages, byKeys },
      {
        operation: shared.registry.find(poolOperation)!,
        seed: sweep.pipelines.get(pooled.trials[0]!)!.document.seed,
        engineId: engine?.id,
        implementationDigest: (plugin) => {
          const code = shared.digests.of(plugin)
          codes.set(code.digest, code)
          return code.digest
        },
      },
    )
    for (const id of member.wanted) wantedNodes.add(id)
    members.push({ trial: { ...trial, pooled }, ...member })
  }
  shared.digests.save()
  const union: KeyedPipeline = {
    ...basis,
    document: { ...basis.document, file: sweep.file, name: sweep.name, root: recordOf(sweep) },
    graph: { nodes, specs, ancestries, wanted: [...wantedNodes] },
    order: [...nodes.keys()],
    notices: [...notices],
    problems: [],
    stages,
    engine,
    contents,
    digested,
    codes,
  }
  return { sweep, union, members }
}

/** What the record of the run has in place of a pipeline. */
function recordOf({ file, basis, trials }: CheckedSweep): KeyedPipeline['document']['root'] {
  const place = { file, line: 1, column: 1 }
  const all = Object.fromEntries(trials.map(({ id, settings }) => [id, overridesOf(settings)]))
  const entries = { sweep: file, pipeline: basis.document.file, trials: all }
  return {
    ...emptyMap(place),
    entries: new Map(Object.entries(entries).map(([key, value]) => [key, { place, value: fromPlain(value, place) }])),
  }
}

function stagesByNode({ stages }: KeyedPipeline): ReadonlyMap<string, readonly Stage[]> {
  const byNode = new Map<string, Stage[]>()
  for (const stage of stages.values()) {
    const own = byNode.get(stage.node)
    if (own) own.push(stage)
    else byNode.set(stage.node, [stage])
  }
  return byNode
}

function stageName({ part }: Stage, node: string): string {
  return part === 'run' ? node : `${node}:${part}`
}

function renamedNode(node: GraphNode, id: string, nameOf: ReadonlyMap<string, string>): GraphNode {
  const renamed = (edge: Edge): Edge => ({
    ...edge,
    from: { ...edge.from, node: nameOf.get(edge.from.node)! },
    to: { ...edge.to, node: id },
  })
  const inputs = Object.entries(node.inputs).map(([port, edges]) => [port, edges.map(renamed)])
  return { ...node, id, inputs: Object.fromEntries(inputs) as GraphNode['inputs'] }
}

function renamedStage(stage: Stage, node: string, stageOf: ReadonlyMap<string, string>): Stage {
  return {
    ...stage,
    id: stageName(stage, node),
    node,
    inputs: stage.inputs.map((input) => ({ ...input, stage: stageOf.get(input.stage)! })),
    fitStage: stage.fitStage === undefined ? undefined : stageOf.get(stage.fitStage)!,
  }
}

/** Digest of the keys of what a trial is for: equal ones are one result. */
export function resultDigest({ wanted }: TrialStages, { union }: KeyedSweep): string {
  const keys = wanted.map((id) => union.stages.get(id)!.key).sort()
  return createHash('sha256').update(keys.join(' ')).digest('hex').slice(0, 16)
}

/** The same of every trial, by its id. */
export function resultDigests(keyed: KeyedSweep): ReadonlyMap<string, string> {
  return new Map(keyed.members.map((member) => [member.trial.id, resultDigest(member, keyed)]))
}
