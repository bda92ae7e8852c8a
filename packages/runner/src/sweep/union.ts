import type { Spec } from '@etsef/plugin-api'
import type { GraphNode } from '../graph/graph.js'
import { buildNodeStages, type Stage, type StageContext } from '../plan/stages.js'

/** Nodes and stages of the trials of a sweep, in which every key stands once; added to. */
export interface Union {
  readonly nodes: Map<string, GraphNode>
  readonly specs: Map<string, Readonly<Record<string, Spec>>>
  readonly stages: Map<string, Stage>
  /** Name of the node that has these keys. */
  readonly byKeys: Map<string, string>
}

/** A union of nothing yet. */
export function emptyUnion(): Union {
  return { nodes: new Map(), specs: new Map(), stages: new Map(), byKeys: new Map() }
}

/**
 * Adds a node, unless there is one with its keys.
 *
 * @param node - What it reads is named as the union names it.
 * @returns What it is called in the union.
 */
export function addToUnion(
  node: GraphNode,
  specs: Readonly<Record<string, Spec>> | undefined,
  union: Union,
  context: StageContext,
): string {
  if (specs) union.specs.set(node.id, specs)
  const stages = buildNodeStages(node, union, union.stages, context)
  const keys = stages.map(({ key }) => key).join(' ')
  const known = union.byKeys.get(keys)
  if (known !== undefined) {
    union.specs.delete(node.id)
    return known
  }
  union.byKeys.set(keys, node.id)
  union.nodes.set(node.id, node)
  for (const stage of stages) union.stages.set(stage.id, stage)
  return node.id
}
