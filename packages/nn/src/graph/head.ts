import type { Graph, GraphNode } from './graph.js'
import { inferShapes } from './shapes.js'
import { badOption, wrongNetwork } from '../errors.js'

/** Shape of a classification head. */
export interface HeadOptions {
  /** Classes, at least 2 (1 for a single logit). */
  readonly numClasses: number
  /** Widths of hidden dense layers with ReLU; default none. The last one's output becomes the feature vector. */
  readonly hidden?: readonly number[]
  /** Dropout rate in [0, 1), default 0; placed before the last dense layer but one (`beforeFeatures`) or before the logits. */
  readonly dropout?: number
  /** Where dropout sits when there are two or more hidden layers: the paper has it before the last hidden layer. Default `logits`. */
  readonly dropoutBefore?: 'logits' | 'features'
  /** Pooling of the last spatial node: keep the backbone's own (default), or global max. */
  readonly pooling?: 'backbone' | 'max'
}

/**
 * The network with a new head: pooled vector, hidden layers with ReLU, dropout, logits. An old head is dropped first. New nodes
 * are in stage `head`; names are `head_dense1`, `head_dense1_relu`, …, `head_dropout` and `logits`.
 */
export function withHead(graph: Graph, options: HeadOptions): Graph {
  const { numClasses, hidden = [], dropout = 0, dropoutBefore = 'logits', pooling = 'backbone' } = options
  const backbone = withoutHead(graph)
  const nodes: GraphNode[] = [...backbone.nodes]
  let last = backbone.featureNode
  let width = backbone.featureWidth
  if (pooling === 'max') {
    last = 'head_max_pool'
    width = inferShapes(backbone).get(backbone.lastSpatialNode)!.at(-1)!
    nodes.push({ op: 'globalMaxPool', name: last, inputs: [backbone.lastSpatialNode], stage: 'head' })
  }
  let featureNode = last
  const addDropout = (): void => {
    if (dropout === 0) return
    nodes.push({ op: 'dropout', rate: dropout, name: 'head_dropout', inputs: [last], stage: 'head' })
    last = 'head_dropout'
  }
  for (const [index, units] of hidden.entries()) {
    if (dropoutBefore === 'features' && index === hidden.length - 1) addDropout()
    const name = `head_dense${index + 1}`
    nodes.push({ op: 'dense', units, bias: true, name, inputs: [last], stage: 'head' })
    nodes.push({ op: 'activation', activation: 'relu', name: `${name}_relu`, inputs: [name], stage: 'head' })
    last = featureNode = `${name}_relu`
    width = units
  }
  if (dropoutBefore === 'logits' || hidden.length === 0) addDropout()
  nodes.push({ op: 'dense', units: numClasses, bias: true, name: 'logits', inputs: [last], stage: 'head' })
  return { ...backbone, nodes, featureNode, featureWidth: width, logitsNode: 'logits' }
}

/** The backbone alone: nodes of stage `head` dropped, the global pool as feature vector. */
export function withoutHead(graph: Graph): Graph {
  const nodes = graph.nodes.filter((node) => node.stage !== 'head')
  const pool = nodes.at(-1)
  if (pool === undefined || (pool.op !== 'globalAvgPool' && pool.op !== 'globalMaxPool')) {
    throw wrongNetwork(`${graph.architecture}: the backbone does not end in a global pool`, {
      expected: 'a global average or maximum pool before the head',
      received: pool === undefined ? 'no nodes' : pool.op,
    })
  }
  return backboneOf(graph, nodes, pool.name, graph.lastSpatialNode)
}

/**
 * The part of a backbone up to and including one spatial node, with a global average pool on top: for networks whose later
 * weights are missing, or for features of an earlier layer.
 *
 * @throws PipelineError `ERR_BAD_OPTION` when there is no such node.
 */
export function cutAfter(graph: Graph, nodeName: string): Graph {
  const end = graph.nodes.findIndex((node) => node.name === nodeName)
  if (end < 0 || inferShapes(graph).get(nodeName)!.length !== 3) {
    throw badOption('cut', `${graph.architecture} has no node "${nodeName}" with height and width to cut after`, {
      expected: `a spatial node; the last one is "${graph.lastSpatialNode}"`,
      received: nodeName,
    })
  }
  const needed = new Set([nodeName])
  for (let i = end; i >= 0; i--) {
    const node = graph.nodes[i]!
    if (needed.has(node.name)) for (const input of node.inputs) needed.add(input)
  }
  const kept = graph.nodes.filter((node) => needed.has(node.name))
  const stage = graph.nodes[end]!.stage
  const nodes: GraphNode[] = [
    ...kept,
    { op: 'globalAvgPool', keepDims: false, name: 'pool', inputs: [nodeName], stage },
  ]
  return backboneOf(graph, nodes, 'pool', nodeName)
}

/** Stage names of a network, in order from the input. */
export function stagesOf(graph: Graph): readonly string[] {
  return [...new Set(graph.nodes.map((node) => node.stage))]
}

function backboneOf(graph: Graph, nodes: readonly GraphNode[], featureNode: string, lastSpatialNode: string): Graph {
  const { architecture, inputShape } = graph
  const backbone = { architecture, inputShape, nodes, featureNode, featureWidth: 0, lastSpatialNode }
  return { ...backbone, featureWidth: inferShapes(backbone).get(featureNode)!.at(-1)! }
}
