import type { PeerNames } from '../architectures/graph-builder.js'
import type { Graph, GraphNode, Weights, WeightTensor } from '../graph/graph.js'
import { parametersOfNode } from '../graph/parameters.js'
import { inferShapes } from '../graph/shapes.js'
import { type FittedWeights, fitWeights } from './fit-weights.js'
import { matchNumberedLayers } from './numbered-layers.js'

/**
 * A graph's weights from Keras tensors named `<layer>/<weight>` (anything before, `:0` after, is ignored), as TF.js layers files
 * and Keras HDF5 files have them. Kernels have our layout already.
 *
 * @param kerasNames - Layer names where they differ from node names.
 */
export function weightsFromKeras(graph: Graph, tensors: Weights, kerasNames: PeerNames = new Map()): FittedWeights {
  const byName = tensorsByName(graph, tensors, kerasNames)
  return fitWeights(graph, tensors, (node, parameter, spec) => {
    const layer = kerasNames.get(node.name) ?? node.name
    for (const name of kerasParameterNames(node, parameter)) {
      const found = byName.get(`${layer}/${name}`)
      if (found !== undefined) return { peerName: found.fullName, tensor: asDense(found.tensor, spec.shape) }
    }
    return undefined
  })
}

interface Named {
  readonly fullName: string
  readonly tensor: WeightTensor
}

/** Tensors by `<layer>/<weight>` in the network's own numbers; see {@link matchNumberedLayers}. */
function tensorsByName(graph: Graph, tensors: Weights, kerasNames: PeerNames): ReadonlyMap<string, Named> {
  const given = new Map([...tensors].map(([fullName, { shape }]) => [shortName(fullName), shape]))
  const shapes = inferShapes(graph)
  const specsOf = new Map(
    graph.nodes.map((node) => [
      kerasNames.get(node.name) ?? node.name,
      parametersOfNode(node, shapes.get(node.inputs[0]!)!).map(({ name, shape }) => ({
        names: kerasParameterNames(node, name.slice(node.name.length + 1)),
        shape,
      })),
    ]),
  )
  const numbered = matchNumberedLayers([...given.keys()].map(layerOf), kerasNames, (fileLayer, layer) =>
    (specsOf.get(layer) ?? []).every(({ names, shape }) =>
      names.some((name) => given.get(`${fileLayer}/${name}`)?.join() === shape.join()),
    ),
  )
  const byName = new Map<string, Named>()
  for (const [fullName, tensor] of tensors) {
    const short = shortName(fullName)
    const layer = layerOf(short)
    if (numbered.has(layer))
      byName.set(`${numbered.get(layer) ?? ''}${short.slice(layer.length)}`, { fullName, tensor })
    else for (const name of [keras3Name(fullName), short]) byName.set(name, { fullName, tensor })
  }
  return byName
}

function layerOf(shortName: string): string {
  return shortName.split('/')[0]!
}

/** `a/conv1_bn/moving_mean:0` as `conv1_bn/moving_mean`. */
function shortName(name: string): string {
  return name.replace(/:\d+$/, '').split('/').slice(-2).join('/')
}

/**
 * Keras 2 put slashes into the layer names of MobileNetV3, and its published files still have them:
 * `expanded_conv_1/expand/BatchNorm/gamma:0` as `expanded_conv_1_expand_bn/gamma`.
 */
function keras3Name(name: string): string {
  const parts = name.replace(/:\d+$/, '').split('/')
  const layer = parts
    .slice(0, -1)
    .join('_')
    .toLowerCase()
    .replace(/_batchnorm$/, '_bn')
  return `${layer}/${parts.at(-1)!}`
}

/** Names Keras gives to one of our parameters, most specific first. */
function kerasParameterNames(node: GraphNode, parameter: string): readonly string[] {
  switch (parameter) {
    case 'kernel':
      if (node.op === 'depthwiseConv') return ['depthwise_kernel', 'kernel']
      return ['pointwise_kernel', 'kernel']
    case 'movingMean':
      return ['moving_mean']
    case 'movingVariance':
      return ['moving_variance']
    default:
      return [parameter]
  }
}

/** A 1x1 convolution used as classifier (`[1, 1, in, out]`) in the shape of a dense kernel. */
function asDense(tensor: WeightTensor, shape: readonly number[]): WeightTensor {
  const isPointwise = tensor.shape.length === 4 && tensor.shape[0] === 1 && tensor.shape[1] === 1
  return shape.length === 2 && isPointwise ? { shape: tensor.shape.slice(2), data: tensor.data } : tensor
}
