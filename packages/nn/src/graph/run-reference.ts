import type { Activation, Graph, GraphNode, Padding, Weights } from './graph.js'
import { sizeOf } from './parameters.js'
import { axisPadding, inferShapes } from './shapes.js'
import { wrongBatch } from '../errors.js'

type Shape = readonly number[]

/**
 * A network in inference mode in plain TypeScript: float64 sums, one picture at a time, no blocking. Slow, and the standard that
 * the engines and the ONNX export are compared with; for tests and self-checks only.
 *
 * @param input - One picture, `[height, width, channels]`, preprocessed.
 * @returns Every node's output by name, without the batch axis.
 */
export function runReference(graph: Graph, weights: Weights, input: Float32Array): ReadonlyMap<string, Float64Array> {
  const shapes = inferShapes(graph)
  if (input.length !== sizeOf(graph.inputShape)) throw wrongBatch(graph.inputShape, input.length)
  const values = new Map<string, Float64Array>([['input', Float64Array.from(input)]])
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => ({ data: values.get(name)!, shape: shapes.get(name)! }))
    const weight = (name: string): Float32Array | undefined => weights.get(`${node.name}/${name}`)?.data
    values.set(node.name, compute(node, inputs, shapes.get(node.name)!, weight))
  }
  values.delete('input')
  return values
}

interface Value {
  readonly data: Float64Array
  readonly shape: Shape
}

function compute(
  node: GraphNode,
  inputs: readonly Value[],
  shape: Shape,
  weight: (name: string) => Float32Array | undefined,
): Float64Array {
  const x = inputs[0]!
  const channels = x.shape.at(-1)!
  switch (node.op) {
    case 'conv':
    case 'depthwiseConv':
      return convolve(x, shape, node, weight('kernel')!, weight('bias'))
    case 'dense': {
      const kernel = weight('kernel')!
      const bias = weight('bias')
      return Float64Array.from({ length: node.units }, (_, unit) => {
        let sum = bias?.[unit] ?? 0
        for (let i = 0; i < channels; i++) sum += x.data[i]! * kernel[i * node.units + unit]!
        return sum
      })
    }
    case 'batchNorm': {
      const [gamma, beta, mean, variance] = [
        weight('gamma'),
        weight('beta'),
        weight('movingMean')!,
        weight('movingVariance')!,
      ]
      return x.data.map((value, i) => {
        const c = i % channels
        return ((value - mean[c]!) / Math.sqrt(variance[c]! + node.epsilon)) * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0)
      })
    }
    case 'activation':
      return x.data.map(activations[node.activation])
    case 'maxPool':
    case 'avgPool':
      return pool(x, shape, node)
    case 'globalAvgPool':
    case 'globalMaxPool': {
      const out = new Float64Array(channels).fill(node.op === 'globalMaxPool' ? -Infinity : 0)
      for (let i = 0; i < x.data.length; i++) {
        const c = i % channels
        out[c] =
          node.op === 'globalMaxPool'
            ? Math.max(out[c]!, x.data[i]!)
            : out[c]! + (x.data[i]! * channels) / x.data.length
      }
      return out
    }
    case 'add':
      return x.data.map((_, i) => inputs.reduce((sum, { data }) => sum + data[i]!, 0))
    case 'multiply': {
      const factor = inputs[1]!.data
      return x.data.map((value, i) => value * factor[i % factor.length]!)
    }
    case 'scale':
      return x.data.map((value) => value * node.factor)
    case 'rescale':
      return x.data.map((value, i) => value * node.scale[i % channels]! + node.offset[i % channels]!)
    case 'concat': {
      const out = new Float64Array(sizeOf(shape))
      const total = shape.at(-1)!
      let start = 0
      for (const { data, shape: part } of inputs) {
        const width = part.at(-1)!
        for (let i = 0; i < data.length; i++) out[Math.floor(i / width) * total + start + (i % width)] = data[i]!
        start += width
      }
      return out
    }
    case 'dropout':
      return x.data
  }
}

const activations: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  relu6: (x) => Math.min(6, Math.max(0, x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  swish: (x) => x / (1 + Math.exp(-x)),
  hardSigmoid: (x) => Math.min(6, Math.max(0, x + 3)) / 6,
  hardSwish: (x) => (x * Math.min(6, Math.max(0, x + 3))) / 6,
}

interface Window {
  readonly strides: readonly [number, number]
  readonly padding: Padding
}

/** Calls `visit` with each output pixel's index and each input pixel's index and kernel position under it. */
function forWindows(
  input: Shape,
  output: Shape,
  kernel: readonly [number, number],
  { strides, padding }: Window,
  visit: (out: number, source: number, tap: number) => void,
): void {
  const [height, width] = input as [number, number]
  const [top] = axisPadding(padding, 'height', height, kernel[0], strides[0])
  const [left] = axisPadding(padding, 'width', width, kernel[1], strides[1])
  for (let y = 0; y < output[0]!; y++) {
    for (let x = 0; x < output[1]!; x++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        const sourceY = y * strides[0] + ky - top
        if (sourceY < 0 || sourceY >= height) continue
        for (let kx = 0; kx < kernel[1]; kx++) {
          const sourceX = x * strides[1] + kx - left
          if (sourceX < 0 || sourceX >= width) continue
          visit(y * output[1]! + x, sourceY * width + sourceX, ky * kernel[1] + kx)
        }
      }
    }
  }
}

function convolve(
  x: Value,
  shape: Shape,
  node: Extract<GraphNode, { op: 'conv' | 'depthwiseConv' }>,
  kernel: Float32Array,
  bias: Float32Array | undefined,
): Float64Array {
  const channels = x.shape[2]!
  const filters = shape[2]!
  const out = new Float64Array(sizeOf(shape))
  if (bias !== undefined) for (let i = 0; i < out.length; i++) out[i] = bias[i % filters]!
  forWindows(x.shape, shape, node.kernel, node, (target, source, tap) => {
    const to = target * filters
    if (node.op === 'depthwiseConv') {
      for (let c = 0; c < channels; c++) out[to + c]! += x.data[source * channels + c]! * kernel[tap * channels + c]!
      return
    }
    for (let c = 0; c < channels; c++) {
      const value = x.data[source * channels + c]!
      if (value === 0) continue
      const row = (tap * channels + c) * filters
      for (let f = 0; f < filters; f++) out[to + f]! += value * kernel[row + f]!
    }
  })
  return out
}

function pool(x: Value, shape: Shape, node: Extract<GraphNode, { op: 'maxPool' | 'avgPool' }>): Float64Array {
  const channels = shape[2]!
  const isMax = node.op === 'maxPool'
  const out = new Float64Array(sizeOf(shape)).fill(isMax ? -Infinity : 0)
  const counts = new Float64Array(out.length / channels)
  forWindows(x.shape, shape, node.size, node, (target, source) => {
    counts[target]!++
    for (let c = 0; c < channels; c++) {
      const value = x.data[source * channels + c]!
      const to = target * channels + c
      out[to] = isMax ? Math.max(out[to]!, value) : out[to]! + value
    }
  })
  return isMax ? out : out.map((sum, i) => sum / counts[Math.floor(i / channels)]!)
}
