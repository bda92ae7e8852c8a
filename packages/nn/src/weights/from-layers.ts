import type { Graph, GraphNode, WeightTensor } from '../graph/graph.js'
import { parametersOf } from '../graph/parameters.js'
import { type FittedWeights, fitWeights, showShape } from './fit-weights.js'
import { badWeights } from '../errors.js'

/** One layer with weights of a network without batch norms, in our layout. */
export interface OrderedLayer {
  readonly kind: 'conv' | 'depthwiseConv' | 'dense'
  /** Name of its kernel in the file. */
  readonly name: string
  readonly kernel: WeightTensor
  readonly bias?: WeightTensor
}

/**
 * Weights of a graph without batch norms (`folded: true`) from a network's layers in order. A last 1x1 convolution fits a
 * dense `logits` node.
 *
 * @throws PipelineError `ERR_WEIGHTS` when the graph still has batch norms, or a layer does not fit.
 */
export function weightsFromLayers(graph: Graph, layers: readonly OrderedLayer[]): FittedWeights {
  if (graph.nodes.some((node) => node.op === 'batchNorm')) {
    throw badWeights(`the file has its batch norms folded, ${graph.architecture} has not`, {
      hint: 'build the network with folded: true',
    })
  }
  const weighted = graph.nodes.filter((node) => 'bias' in node)
  const layerOf = new Map<string, OrderedLayer>()
  for (const [index, node] of weighted.entries()) {
    const layer = layers[index]
    if (layer === undefined) continue
    if (fits(node, layer)) layerOf.set(node.name, layer)
    else if (node.stage !== 'head') throw wrongKind(graph, node, layer, index)
  }
  return fitWeights(
    graph,
    layers.map(({ name, kernel }) => [name, kernel] as const),
    (node, parameter) => {
      const layer = layerOf.get(node.name)
      const tensor = parameter === 'kernel' ? layer?.kernel : layer?.bias
      if (layer === undefined || tensor === undefined) return undefined
      const isClassifier = node.op === 'dense' && tensor.shape.length === 4
      return {
        peerName: layer.name,
        tensor: isClassifier ? { shape: tensor.shape.slice(2), data: tensor.data } : tensor,
      }
    },
  )
}

function wrongKind(graph: Graph, node: GraphNode, layer: OrderedLayer, index: number): Error {
  const spec = parametersOf(graph).find(({ name }) => name === `${node.name}/kernel`)
  return badWeights(
    `layer ${index + 1} of the file, "${layer.name}", does not fit "${node.name}" of ${graph.architecture}`,
    {
      expected: `${node.op} with a kernel of ${showShape(spec?.shape ?? [])}`,
      received: `${layer.kind} with a kernel of ${showShape(layer.kernel.shape)}`,
      hint: 'check architecture and width',
    },
  )
}

function fits(node: GraphNode, layer: OrderedLayer): boolean {
  return (
    node.op === layer.kind ||
    (node.op === 'dense' && layer.kind === 'conv' && layer.kernel.shape[0] === 1 && layer.kernel.shape[1] === 1)
  )
}
