import type { JsonObject } from '@etsef/plugin-api'
import type { Graph, GraphNode } from '../graph/graph.js'
import type { Stage } from './stages.js'

/** How pixels of an image output are loaded: the operation, and the chain of what feeds its image inputs. */
export interface LoaderChain {
  /** Node that an error names when the pixels cannot be loaded. */
  readonly node: string
  /** Absolute path of the plugin's manifest module. */
  readonly entry: string
  readonly type: string
  readonly options: JsonObject
  /** Of a source: key of its artifact, under which pictures that it has decoded are kept. */
  readonly key?: string
  /** Output port the rows come out of. */
  readonly port: string
  /** New rows may appear here: above, the row is known by its parent's id. */
  readonly isExpanding: boolean
  /** One for every edge into an image input, in the order of the declaration. Rows choose between several by index. */
  readonly inputs: readonly LoaderChain[]
}

/** The loader chain of a node's image output. Chains share their parts. */
export function loaderChain(
  graph: Graph,
  stages: ReadonlyMap<string, Stage>,
  node: string,
  port: string,
  known: Map<string, LoaderChain>,
): LoaderChain {
  const identity = `${node}.${port}`
  const before = known.get(identity)
  if (before) return before
  const own = graph.nodes.get(node)!
  const stage = stages.get(node) ?? stages.get(`${node}:apply`) ?? stages.get(`${node}:fit`)!
  const chain: LoaderChain = {
    node,
    entry: own.installed.plugin.entry,
    type: own.installed.operation.type,
    options: stage.options,
    ...(own.installed.operation.kind === 'source' ? { key: stage.key } : {}),
    port,
    isExpanding: own.installed.operation.rowPolicy === 'expand',
    inputs: imageEdges(own).map((edge) => loaderChain(graph, stages, edge.from.node, edge.from.port, known)),
  }
  known.set(identity, chain)
  return chain
}

/** Edges whose rows may come out of the node: of the rows port, or of every image input of a combine. */
function imageEdges(node: GraphNode) {
  const { operation } = node.installed
  const ports = operation.rows === undefined ? Object.keys(operation.inputs) : [operation.rows]
  return ports.filter((port) => operation.inputs[port]?.kind === 'images').flatMap((port) => node.inputs[port] ?? [])
}
