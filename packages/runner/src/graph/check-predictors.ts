import { isRowKind, type PipelineError } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import { edgesInto, type Edge, type GraphNode } from './graph.js'
import { replayable } from './replayable.js'

type Nodes = ReadonlyMap<string, GraphNode>

/** The output name under which every node with rows gives its predictor. */
export const predictorPort = 'predictor'

/** Refuses predictors of nodes that cannot be applied to a new picture: on the way from the pictures something would have to be fitted anew. */
export function checkPredictors(node: GraphNode, nodes: Nodes, problems: PipelineError[]): void {
  for (const edge of edgesInto(node)) {
    if (edge.kind !== 'predictor') continue
    const refusal = refusalOf(edge, nodes)
    if (!refusal) continue
    problems.push(
      problem('ERR_NOT_REPLAYABLE', {
        message: `"${edge.from.node}" has no predictor: "${refusal.node}" cannot be applied to a new picture, because ${refusal.why}`,
        place: edge.place,
        node: node.id,
        port: edge.to.port,
        expected: 'fitted estimators and maps from the pictures on',
        received: refusal.way.join(' → '),
        hint: refusal.hint,
      }),
    )
  }
}

/** Nodes whose rows are on the way to a node's, itself among them, producers first; each with the output that is read. */
export function nodesBehind(
  { node, port }: Edge['from'],
  nodes: Nodes,
): readonly { readonly node: GraphNode; readonly port: string; readonly way: readonly string[] }[] {
  const found = new Map<string, { node: GraphNode; port: string; way: readonly string[] }>()
  const visit = (id: string, output: string, path: readonly string[]): void => {
    const own = nodes.get(id)
    if (!own || found.has(id) || path.includes(id)) return
    const way = [id, ...path]
    for (const edge of rowEdges(own)) visit(edge.from.node, edge.from.port, way)
    found.set(id, { node: own, port: output, way })
  }
  visit(node, port, [])
  return [...found.values()]
}

/** The edges through which the rows of a node arrive; of a combine (here one that copies or splits pictures) only the first. */
function rowEdges(node: GraphNode): readonly Edge[] {
  const edges = edgesInto(node).filter(({ kind }) => isRowKind(kind))
  return node.installed.operation.kind === 'combine' ? edges.slice(0, 1) : edges
}

/** The output whose rows a node's predictor gives: of predictions, else the first. */
export function rowOutput({ installed: { operation } }: GraphNode): string {
  const names = Object.keys(operation.outputs).filter((name) => isRowKind(operation.outputs[name]!.kind))
  return names.find((name) => operation.outputs[name]!.kind === 'predictions') ?? names[0] ?? ''
}

interface Refusal {
  readonly node: string
  readonly why: string
  readonly hint: string
  readonly way: readonly string[]
}

function refusalOf(edge: Edge, nodes: Nodes): Refusal | undefined {
  const target = nodes.get(edge.from.node)
  if (!target) return undefined
  for (const { node, port, way } of nodesBehind({ node: target.id, port: rowOutput(target) }, nodes)) {
    const found = replayable(node.installed.operation, port, Object.keys(node.inputs))
    if (found)
      return {
        ...{ node: node.id, why: found.why, way },
        hint: found.hint ?? 'take the predictor of a node before it',
      }
  }
  return undefined
}
