import type { Activation, Graph, GraphNode, Weights } from '../graph/graph.js'
import { inferShapes } from '../graph/shapes.js'

/** Logits of a network, and the gradient of one of them, as functions of the values of a layer. */
export interface HeadGradient {
  /**
   * Gradient of a logit with respect to the layer's values, float64, row-major `[height, width, channels]`.
   *
   * @param activations - Values of the layer for one picture, in the same layout.
   */
  gradient(activations: ArrayLike<number>, target: number): Float64Array
}

/** A value on the way, and how a gradient comes back through it. */
interface Layer {
  forward(x: Float64Array): Float64Array
  /** @param x - What `forward` was given. */
  backward(gradient: Float64Array, x: Float64Array): Float64Array
}

/**
 * The way from a spatial layer to the logits as plain arithmetic in float64, so that class activation maps need no tensor engine. For a global
 * average pool and one dense layer the gradient is the class's weights over the number of cells: CAM (Zhou et al. 2016, arXiv:1512.04150).
 *
 * @returns `undefined` where the way is more than an average pool, dense layers, convolutions of one cell, dropout and activations, one
 * after the other (at a maximum pool engines share the gradient among equal values, each in its own way): then {@link activationGradient} is needed.
 */
export function headGradient(graph: Graph, weights: Weights, layer: string): HeadGradient | undefined {
  const way = wayToLogits(graph, layer)
  if (way === undefined) return undefined
  const shapes = inferShapes(graph)
  const layers: Layer[] = []
  for (const node of way) {
    const made = layerOf(node, shapes.get(node.inputs[0]!)!, weights)
    if (made === undefined) return undefined
    layers.push(made)
  }
  const numClasses = shapes.get(graph.logitsNode!)!.at(-1)!
  return {
    gradient(activations, target) {
      const values: Float64Array[] = [new Float64Array(activations)]
      // What the last one gives is asked for by nobody.
      for (const each of layers.slice(0, -1)) values.push(each.forward(values.at(-1)!))
      let gradient: Float64Array = new Float64Array(numClasses)
      gradient[target] = 1
      for (let at = layers.length - 1; at >= 0; at--) gradient = layers[at]!.backward(gradient, values[at]!)
      return gradient
    },
  }
}

/** Nodes from after the layer to the logits, each the only reader of the one before. */
function wayToLogits({ nodes, logitsNode }: Graph, layer: string): readonly GraphNode[] | undefined {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const way: GraphNode[] = []
  let at = logitsNode
  while (at !== undefined && at !== layer) {
    const node = byName.get(at)
    if (node?.inputs.length !== 1) return undefined
    way.unshift(node)
    at = node.inputs[0]
  }
  return at === layer && way.length > 0 ? way : undefined
}

function layerOf(node: GraphNode, shape: readonly number[], weights: Weights): Layer | undefined {
  const isOneCell = shape.length === 1 || (shape[0] === 1 && shape[1] === 1)
  switch (node.op) {
    case 'globalAvgPool':
      return averagePool(shape.at(-1)!)
    case 'dropout':
      return { forward: (x) => x, backward: (gradient) => gradient }
    case 'activation':
      return pointwise(node.activation)
    case 'conv':
      if (!isOneCell || node.kernel[0] !== 1 || node.kernel[1] !== 1) return undefined
      return product(weights.get(`${node.name}/kernel`)!.data, weights.get(`${node.name}/bias`)?.data, shape.at(-1)!)
    case 'dense':
      return product(weights.get(`${node.name}/kernel`)!.data, weights.get(`${node.name}/bias`)?.data, shape.at(-1)!)
    default:
      return undefined
  }
}

function averagePool(channels: number): Layer {
  return {
    forward(x) {
      const means = new Float64Array(channels)
      for (let start = 0; start < x.length; start += channels)
        for (let c = 0; c < channels; c++) means[c]! += (x[start + c]! * channels) / x.length
      return means
    },
    backward(gradient, x) {
      const cell = gradient.map((value) => (value * channels) / x.length)
      const all = new Float64Array(x.length)
      for (let start = 0; start < x.length; start += channels) all.set(cell, start)
      return all
    },
  }
}

/** @param kernel - `[inputs, units]`. */
function product(kernel: Float32Array, bias: Float32Array | undefined, inputs: number): Layer {
  const units = kernel.length / inputs
  return {
    forward(x) {
      const out = Float64Array.from({ length: units }, (_, unit) => bias?.[unit] ?? 0)
      x.forEach((value, from) => {
        for (let unit = 0; unit < units; unit++) out[unit]! += value * kernel[from * units + unit]!
      })
      return out
    },
    backward(gradient, x) {
      // Of the logits, one has a gradient.
      const moved = Array.from(gradient.keys()).filter((unit) => gradient[unit] !== 0)
      return x.map((_, from) => moved.reduce((sum, unit) => sum + gradient[unit]! * kernel[from * units + unit]!, 0))
    },
  }
}

function pointwise(activation: Activation): Layer {
  const [value, slope] = activations[activation]
  return {
    forward: (x) => x.map(value),
    backward: (gradient, x) => gradient.map((each, at) => each * slope(x[at]!)),
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** Each with its derivative. */
const activations: Readonly<Record<Activation, readonly [(x: number) => number, (x: number) => number]>> = {
  relu: [(x) => Math.max(0, x), (x) => (x > 0 ? 1 : 0)],
  relu6: [(x) => Math.min(6, Math.max(0, x)), (x) => (x > 0 && x < 6 ? 1 : 0)],
  sigmoid: [sigmoid, (x) => sigmoid(x) * (1 - sigmoid(x))],
  swish: [(x) => x * sigmoid(x), (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
  hardSigmoid: [(x) => Math.min(6, Math.max(0, x + 3)) / 6, (x) => (x > -3 && x < 3 ? 1 / 6 : 0)],
  hardSwish: [(x) => (x * Math.min(6, Math.max(0, x + 3))) / 6, (x) => (x >= 3 ? 1 : x > -3 ? (2 * x + 3) / 6 : 0)],
}
