import type { Graph, GraphNode, Weights, WeightTensor } from './graph.js'
import { missingWeight } from '../errors.js'

/** A convolution, depthwise convolution or dense layer with the batch norm that can be folded into it. */
interface Fold {
  readonly linear: string
  readonly norm: Extract<GraphNode, { op: 'batchNorm' }>
}

/**
 * The network with every batch norm that directly and solely follows a convolution or dense layer folded into it: the layer
 * keeps its name and gains a bias, the batch norm goes. Other batch norms stay.
 *
 * @param keep - Nodes whose own output is wanted: they are not folded into.
 */
export function foldGraph(graph: Graph, keep: readonly string[] = []): Graph {
  const folds = findFolds(graph, keep)
  if (folds.length === 0) return graph
  const renamed = new Map(folds.map((fold) => [fold.norm.name, fold.linear]))
  const linear = new Set(folds.map((fold) => fold.linear))
  const rename = (name: string): string => renamed.get(name) ?? name
  const nodes = graph.nodes
    .filter((node) => !renamed.has(node.name))
    .map((node): GraphNode => {
      const inputs = node.inputs.map(rename)
      if (linear.has(node.name) && 'bias' in node) return { ...node, inputs, bias: true }
      return { ...node, inputs }
    })
  return {
    ...graph,
    nodes,
    featureNode: rename(graph.featureNode),
    lastSpatialNode: rename(graph.lastSpatialNode),
    ...(graph.logitsNode === undefined ? {} : { logitsNode: rename(graph.logitsNode) }),
  }
}

/** Weights for {@link foldGraph}: kernels times `gamma / sqrt(variance + epsilon)`, biases shifted; computed in float64. */
export function foldWeights(graph: Graph, weights: Weights, keep: readonly string[] = []): Weights {
  const folded = new Map(weights)
  for (const { linear, norm } of findFolds(graph, keep)) {
    const mean = need(weights, `${norm.name}/movingMean`)
    const variance = need(weights, `${norm.name}/movingVariance`)
    const gamma = norm.scale ? need(weights, `${norm.name}/gamma`) : undefined
    const beta = norm.center ? need(weights, `${norm.name}/beta`) : undefined
    const kernel = need(weights, `${linear}/kernel`)
    const bias = weights.get(`${linear}/bias`)
    const channels = mean.data.length
    const scale = Float64Array.from(
      variance.data,
      (value, c) => (gamma?.data[c] ?? 1) / Math.sqrt(value + norm.epsilon),
    )
    // The channel is the last axis but of multiplier 1 in depthwise kernels, so counting through the channels is right for both.
    const scaled = new Float32Array(kernel.data.length)
    for (let i = 0, c = 0; i < scaled.length; i++, c = c + 1 === channels ? 0 : c + 1)
      scaled[i] = kernel.data[i]! * scale[c]!
    const offset = Float32Array.from(
      mean.data,
      (value, c) => ((bias?.data[c] ?? 0) - value) * scale[c]! + (beta?.data[c] ?? 0),
    )
    for (const name of ['gamma', 'beta', 'movingMean', 'movingVariance']) folded.delete(`${norm.name}/${name}`)
    folded.set(`${linear}/kernel`, { shape: kernel.shape, data: scaled })
    folded.set(`${linear}/bias`, { shape: [channels], data: offset })
  }
  return folded
}

function findFolds(graph: Graph, keep: readonly string[]): readonly Fold[] {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]))
  const readers = new Map<string, number>()
  for (const node of graph.nodes) for (const input of node.inputs) readers.set(input, (readers.get(input) ?? 0) + 1)
  const outputs = new Set([graph.featureNode, graph.logitsNode, graph.lastSpatialNode, ...keep])
  const folds: Fold[] = []
  for (const norm of graph.nodes) {
    if (norm.op !== 'batchNorm') continue
    const before = byName.get(norm.inputs[0]!)
    if (before === undefined || !('bias' in before)) continue
    if (readers.get(before.name) === 1 && !outputs.has(before.name)) folds.push({ linear: before.name, norm })
  }
  return folds
}

function need(weights: Weights, name: string): WeightTensor {
  const weight = weights.get(name)
  if (weight === undefined) throw missingWeight(name)
  return weight
}
