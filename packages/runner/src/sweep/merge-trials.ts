import type { PipelineError } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { InvalidPipeline, sortProblems } from '../errors.js'
import {
  edgesInto,
  type Ancestry,
  type Edge,
  type Graph,
  type GraphNode,
  type InstalledPlugin,
} from '../graph/graph.js'
import { emptyMap, fromPlain } from '../pipeline/located.js'
import { wantedStages } from '../plan/build-plan.js'
import type { PluginCode } from '../registry/implementation-digest.js'
import { engineOf, type KeyedPipeline } from '../run/key-pipeline.js'
import { contentsOf, digestOptions, type DigestedOption } from '../run/option-contents.js'
import type { CheckedSweep } from './check-sweep.js'
import { addPooled } from './pooled-stages.js'
import { poolOperation } from './pooled-trials.js'
import { overridesOf, type Trial } from './trial.js'
import { addToUnion, emptyUnion, type Union } from './union.js'

/** A trial within the union of all. */
export interface TrialStages {
  readonly trial: Trial
  /** Stage of the union for every stage that the trial needs. */
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

/** A node of a trial within the union. */
interface MergedNode {
  /** As the trial calls it. */
  readonly id: string
  /** As the union calls it. */
  readonly name: string
  /** Its stages, as the trial calls them and as the union does. */
  readonly stages: readonly (readonly [own: string, inUnion: string])[]
  /** Those of the union that hold what it puts out. */
  readonly wanted: readonly string[]
}

/**
 * Merges the trials of a sweep: nodes that have the same keys are one node, so that each is planned and computed once, whoever needs it.
 *
 * A node goes by its own name for the first trial that has it, and by `node@trial` for later trials in which it is another. What trials
 * share, with all that is upstream of it, is one object in all of them: its keys are computed once. What no trial needs is left out.
 *
 * @throws InvalidPipeline when a trial has problems.
 */
export async function mergeTrials(sweep: CheckedSweep): Promise<KeyedSweep> {
  if (sweep.problems.length > 0) throw new InvalidPipeline(sweep.problems)
  const { basis, shared, root, storeDir } = sweep
  const { digests } = shared
  const union = emptyUnion()
  const isWantedAnyway = new Set(basis.graph.wanted)
  const known = new Map<Ancestry, MergedNode>()
  const ancestries = new Map<string, Ancestry>()
  const wantedNodes = new Set<string>()
  const digested = new Map<string, readonly DigestedOption[]>()
  const contentProblems: PipelineError[] = []
  const codes = new Map<string, PluginCode>()
  const implementationDigest = (plugin: InstalledPlugin): string => {
    const code = digests.of(plugin)
    codes.set(code.digest, code)
    return code.digest
  }
  const contentSettings = {
    root,
    storeDir,
    isParanoid: basis.request.isParanoid ?? false,
    known: shared.contents,
    memo: shared.memo,
  }
  const notices = new Set<string>()
  const members: TrialStages[] = []
  let engine: KeyedPipeline['engine']
  for (const trial of sweep.trials) {
    if (trial.pooled) continue
    const checked = sweep.pipelines.get(trial.id)!
    const { graph, order, document } = checked
    const engineOfTrial = await engineOf(checked, shared.engines)
    engine ??= engineOfTrial
    for (const notice of checked.notices) notices.add(notice)
    const nameOf = (id: string): string => known.get(graph.ancestries.get(id)!)!.name
    const merge = (node: GraphNode, ancestry: Ancestry): MergedNode => {
      const content = digestOptions(node, contentSettings)
      contentProblems.push(...content.problems)
      const free = union.nodes.has(node.id) ? `${node.id}@${trial.id}` : node.id
      const name = addToUnion(renamedNode(node, free, nameOf), graph.specs.get(node.id), union, {
        seed: document.seed,
        engineId: engineOfTrial?.id,
        implementationDigest,
        content: () => content,
      })
      if (name === free) {
        ancestries.set(name, ancestry)
        if (content.digested.length > 0) digested.set(name, content.digested)
      }
      const merged = mergedNode(node, name, union)
      known.set(ancestry, merged)
      return merged
    }
    const asked = new Set(trial.isAblated ? graph.wanted.filter((node) => isWantedAnyway.has(node)) : graph.wanted)
    const nodes = neededFor(asked, graph, order).map((node) => {
      const ancestry = graph.ancestries.get(node.id)!
      return known.get(ancestry) ?? merge(node, ancestry)
    })
    const isFor = nodes.filter(({ id }) => asked.has(id))
    for (const id of asked) wantedNodes.add(nameOf(id))
    members.push({
      trial,
      get stageOf() {
        return new Map(nodes.flatMap(({ stages }) => stages))
      },
      wanted: isFor.flatMap(({ wanted }) => wanted),
    })
  }
  if (contentProblems.length > 0) throw new InvalidPipeline(sortProblems(contentProblems))
  const byTrial = new Map(members.map((member) => [member.trial.id, member]))
  for (const { pooled, ...trial } of sweep.trials) {
    if (!pooled) continue
    const folds = pooled.trials.map((id) => byTrial.get(id)!)
    const member = addPooled({ ...trial, pooled }, folds, union, {
      operation: shared.registry.find(poolOperation)!,
      seed: sweep.pipelines.get(pooled.trials[0]!)!.document.seed,
      engineId: engine?.id,
      implementationDigest,
    })
    for (const id of member.wanted) wantedNodes.add(id)
    members.push({ trial: { ...trial, pooled }, ...member })
  }
  digests.save()
  const { nodes, specs, stages } = union
  return {
    sweep,
    union: {
      ...basis,
      document: { ...basis.document, file: sweep.file, name: sweep.name, root: recordOf(sweep) },
      graph: { nodes, specs, ancestries, wanted: [...wantedNodes] },
      order: [...nodes.keys()],
      notices: [...notices],
      problems: [],
      stages,
      engine,
      contents: contentsOf(digested),
      digested,
      codes,
    },
    members,
  }
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

/** The nodes that are asked for, and what is upstream of them, producers first. */
function neededFor(asked: ReadonlySet<string>, { nodes }: Graph, order: readonly string[]): readonly GraphNode[] {
  const needed = new Set(asked)
  const found: GraphNode[] = []
  for (const id of order.toReversed()) {
    const node = needed.has(id) ? nodes.get(id) : undefined
    if (!node) continue
    found.push(node)
    for (const { from } of edgesInto(node)) needed.add(from.node)
  }
  return found.reverse()
}

function mergedNode({ id }: GraphNode, name: string, { stages }: Union): MergedNode {
  const own = [name, `${name}:fit`, `${name}:apply`].flatMap((stage) => stages.get(stage) ?? [])
  return {
    id,
    name,
    stages: own.map((stage) => [`${id}${stage.id.slice(name.length)}`, stage.id]),
    wanted: wantedStages(new Map(own.map((stage) => [stage.id, stage])), [name]),
  }
}

function renamedNode(node: GraphNode, id: string, nameOf: (node: string) => string): GraphNode {
  const renamed = (edge: Edge): Edge => ({
    ...edge,
    from: { ...edge.from, node: nameOf(edge.from.node) },
    to: { ...edge.to, node: id },
  })
  const inputs = Object.entries(node.inputs).map(([port, edges]) => [port, edges.map(renamed)])
  return { ...node, id, inputs: Object.fromEntries(inputs) as GraphNode['inputs'] }
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
