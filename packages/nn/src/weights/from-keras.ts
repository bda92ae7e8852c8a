import type { PeerNames } from '../architectures/graph-builder.js'
import type { Graph, GraphNode, Weights, WeightTensor } from '../graph/graph.js'
import { type FittedWeights, fitWeights } from './fit-weights.js'

/**
 * A graph's weights from Keras tensors named `<layer>/<weight>` (anything before, `:0` after, is ignored), as TF.js layers files
 * and Keras HDF5 files have them. Kernels have our layout already.
 *
 * @param kerasNames - Layer names where they differ from node names.
 */
export function weightsFromKeras(graph: Graph, tensors: Weights, kerasNames: PeerNames = new Map()): FittedWeights {
  const renumbered = renumber([...tensors.keys()].map(shortName), kerasNames)
  const byName = new Map<string, { readonly fullName: string; readonly tensor: WeightTensor }>()
  for (const [index, [fullName, tensor]] of [...tensors].entries()) {
    byName.set(keras3Name(fullName), { fullName, tensor })
    byName.set(renumbered[index]!, { fullName, tensor })
  }
  return fitWeights(graph, tensors, (node, parameter, spec) => {
    const layer = kerasNames.get(node.name) ?? node.name
    for (const name of kerasParameterNames(node, parameter)) {
      const found = byName.get(`${layer}/${name}`)
      if (found !== undefined) return { peerName: found.fullName, tensor: asDense(found.tensor, spec.shape) }
    }
    return undefined
  })
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

/**
 * Keras numbers unnamed layers through a whole session (`conv2d_5` may be a network's first), so their numbers are made to start
 * at zero again when the network itself has such layers.
 */
function renumber(names: readonly string[], kerasNames: PeerNames): readonly string[] {
  const prefixes = ['conv2d', 'batch_normalization'].filter((prefix) => [...kerasNames.values()].includes(prefix))
  const ranks = new Map<string, string>()
  for (const prefix of prefixes) {
    const pattern = new RegExp(`^${prefix}(?:_(\\d+))?$`)
    const layers = [...new Set(names.map((name) => name.split('/')[0]!))].filter((layer) => pattern.test(layer))
    const number = (layer: string): number => Number(pattern.exec(layer)?.[1] ?? 0)
    for (const [rank, layer] of layers.sort((a, b) => number(a) - number(b)).entries())
      ranks.set(layer, rank === 0 ? prefix : `${prefix}_${rank}`)
  }
  return names.map((name) => {
    const [layer, weight] = name.split('/')
    return `${ranks.get(layer!) ?? layer}/${weight}`
  })
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
