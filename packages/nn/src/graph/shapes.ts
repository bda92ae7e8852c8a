import type { Graph, GraphNode, NodeShapes, Padding } from './graph.js'
import { badWeights } from '../errors.js'

/** Zeros added before and after one spatial axis. */
export type AxisPadding = readonly [before: number, after: number]

/**
 * Padding of one spatial axis in explicit numbers. TensorFlow's `same` gives `ceil(size / stride)` outputs and puts the odd
 * zero at the end; for kernels of 3 and 5 at stride 2 that equals Keras applications' `correct_pad`.
 */
export function axisPadding(
  padding: Padding,
  axis: 'height' | 'width',
  size: number,
  kernel: number,
  stride: number,
): AxisPadding {
  if (padding === 'valid') return [0, 0]
  if (padding !== 'same') return axis === 'height' ? [padding[0], padding[1]] : [padding[2], padding[3]]
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size)
  const before = Math.floor(total / 2)
  return [before, total - before]
}

/** Number of window positions along one axis. */
export function windowCount(size: number, kernel: number, stride: number, [before, after]: AxisPadding): number {
  return Math.floor((size + before + after - kernel) / stride) + 1
}

/**
 * Output shape of one node, without the batch axis.
 *
 * @param inputs - Shapes of the node's inputs, in order.
 * @throws PipelineError `ERR_WEIGHTS` that names the node when the shapes do not fit.
 */
export function nodeShape(node: GraphNode, inputs: readonly (readonly number[])[]): readonly number[] {
  const first = inputs[0]
  if (first === undefined) throw badWeights(`node "${node.name}" has no input`)
  switch (node.op) {
    case 'conv':
      return windowShape(node, first, node.kernel, node.strides, node.padding, node.filters)
    case 'depthwiseConv':
      return windowShape(node, first, node.kernel, node.strides, node.padding, first.at(-1)!)
    case 'maxPool':
    case 'avgPool':
      return windowShape(node, first, node.size, node.strides, node.padding, first.at(-1)!)
    case 'globalAvgPool':
      return node.keepDims ? [1, 1, spatial(node, first)[2]!] : [spatial(node, first)[2]!]
    case 'globalMaxPool':
      return [spatial(node, first)[2]!]
    case 'dense':
      if (first.length !== 1) throw misfit(node, '[channels]', first)
      return [node.units]
    case 'add':
      for (const shape of inputs) if (shape.join() !== first.join()) throw misfit(node, show(first), shape)
      return first
    case 'multiply': {
      const second = inputs[1]
      const broadcasts = second?.length === 3 && second[0] === 1 && second[1] === 1 && second[2] === first.at(-1)
      if (second === undefined || (second.join() !== first.join() && !broadcasts)) {
        throw misfit(node, `${show(first)} or [1, 1, ${first.at(-1)}]`, second ?? [])
      }
      return first
    }
    case 'concat': {
      for (const shape of inputs) {
        if (shape.slice(0, -1).join() !== first.slice(0, -1).join()) throw misfit(node, show(first), shape)
      }
      return [...first.slice(0, -1), inputs.reduce((sum, shape) => sum + shape.at(-1)!, 0)]
    }
    case 'rescale':
      if (node.scale.length !== first.at(-1)) throw misfit(node, `[…, ${node.scale.length}]`, first)
      return first
    case 'batchNorm':
    case 'activation':
    case 'dropout':
    case 'scale':
      return first
  }
}

/**
 * Shapes of the input and of every node's output, without the batch axis.
 *
 * @throws PipelineError `ERR_WEIGHTS` when a name is used twice, an input is not an earlier node, or shapes do not fit.
 */
export function inferShapes(graph: Graph): NodeShapes {
  const shapes = new Map<string, readonly number[]>([['input', graph.inputShape]])
  for (const node of graph.nodes) {
    if (shapes.has(node.name)) throw badWeights(`${graph.architecture}: node "${node.name}" exists twice`)
    const inputs = node.inputs.map((name) => {
      const shape = shapes.get(name)
      if (shape === undefined)
        throw badWeights(`${graph.architecture}: node "${node.name}" reads "${name}", which is not an earlier node`)
      return shape
    })
    shapes.set(node.name, nodeShape(node, inputs))
  }
  return shapes
}

function windowShape(
  node: GraphNode,
  input: readonly number[],
  kernel: readonly [number, number],
  strides: readonly [number, number],
  padding: Padding,
  channels: number,
): readonly number[] {
  const [height, width] = spatial(node, input)
  const rows = windowCount(
    height!,
    kernel[0],
    strides[0],
    axisPadding(padding, 'height', height!, kernel[0], strides[0]),
  )
  const columns = windowCount(
    width!,
    kernel[1],
    strides[1],
    axisPadding(padding, 'width', width!, kernel[1], strides[1]),
  )
  if (rows < 1 || columns < 1) throw misfit(node, `at least ${kernel[0]} x ${kernel[1]} pixels`, input)
  return [rows, columns, channels]
}

function spatial(node: GraphNode, shape: readonly number[]): readonly number[] {
  if (shape.length !== 3) throw misfit(node, '[height, width, channels]', shape)
  return shape
}

function misfit(node: GraphNode, expected: string, received: readonly number[]): Error {
  return new Error(`node "${node.name}" (${node.op}) expected ${expected}, received ${show(received)}`)
}

function show(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}
