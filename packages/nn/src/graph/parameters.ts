import type { Graph, GraphNode, NodeShapes, ParameterSpec } from './graph.js'
import { inferShapes } from './shapes.js'

/**
 * Parameters and buffers of one node, with full names (`<node>/<name>`): `kernel` and `bias` of convolutions and dense layers,
 * `gamma`, `beta`, `movingMean` and `movingVariance` of batch norm.
 *
 * @param inputShape - Shape of the node's first input, without the batch axis.
 */
export function parametersOfNode(node: GraphNode, inputShape: readonly number[]): readonly ParameterSpec[] {
  const channels = inputShape.at(-1)!
  switch (node.op) {
    case 'conv':
      return withBias(node.name, [...node.kernel, channels, node.filters], 'heNormal', node.bias ? node.filters : 0)
    case 'depthwiseConv':
      return withBias(node.name, [...node.kernel, channels, 1], 'heNormal', node.bias ? channels : 0)
    case 'dense':
      return withBias(node.name, [channels, node.units], 'glorotUniform', node.bias ? node.units : 0)
    case 'batchNorm':
      return [
        ...(node.scale ? [vector(node.name, 'gamma', channels, true, 'ones')] : []),
        ...(node.center ? [vector(node.name, 'beta', channels, true, 'zeros')] : []),
        vector(node.name, 'movingMean', channels, false, 'zeros'),
        vector(node.name, 'movingVariance', channels, false, 'ones'),
      ]
    default:
      return []
  }
}

/** Parameters and buffers of a network with full names, in node order. */
export function parametersOf(graph: Graph, shapes: NodeShapes = inferShapes(graph)): readonly ParameterSpec[] {
  return graph.nodes.flatMap((node) => parametersOfNode(node, shapes.get(node.inputs[0]!)!))
}

/** Numbers of scalars in a network's parameters; `total` includes the moving statistics, as Keras' `count_params` does. */
export function countParameters(graph: Graph): { readonly total: number; readonly trainable: number } {
  let total = 0
  let trainable = 0
  for (const parameter of parametersOf(graph)) {
    const size = sizeOf(parameter.shape)
    total += size
    if (parameter.trainable) trainable += size
  }
  return { total, trainable }
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

function withBias(
  node: string,
  shape: readonly number[],
  init: ParameterSpec['init'],
  biasWidth: number,
): readonly ParameterSpec[] {
  const kernel: ParameterSpec = { name: `${node}/kernel`, shape, trainable: true, init }
  return biasWidth === 0 ? [kernel] : [kernel, vector(node, 'bias', biasWidth, true, 'zeros')]
}

function vector(
  node: string,
  name: string,
  width: number,
  trainable: boolean,
  init: ParameterSpec['init'],
): ParameterSpec {
  return { name: `${node}/${name}`, shape: [width], trainable, init }
}
