import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { foldGraph, foldWeights } from '../graph/fold.js'
import type { Activation, Graph, GraphNode, Padding, Weights, WeightTensor } from '../graph/graph.js'
import { inferShapes } from '../graph/shapes.js'
import { GraphDef, integerList, text } from './graph-def.js'
import { missingWeight, wrongNetwork } from '../errors.js'

/** The two files of a TF.js model. */
export interface TfjsModel {
  /** Contents of `model.json`. */
  readonly modelJson: string
  /** Contents of `weights.bin`. */
  readonly weights: Uint8Array
}

/** Writes `model.json` and `weights.bin`, for `tf.loadGraphModel`; see {@link exportTfjs}. */
export async function writeTfjs(dir: string, graph: Graph, weights: Weights): Promise<void> {
  const model = exportTfjs(graph, weights)
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'model.json'), model.modelJson)
  await writeFile(join(dir, 'weights.bin'), model.weights)
}

/**
 * A network in inference mode as a TF.js graph model: batch norms folded, dropout left out. Input `input` is float32
 * `[batch, height, width, channels]`, preprocessed; outputs are `features` and, where there is a head, `logits`.
 *
 * @throws Error that names a missing weight, or an average pool with explicit padding (which TensorFlow would count in).
 */
export function exportTfjs(graph: Graph, weights: Weights): TfjsModel {
  const folded = foldGraph(graph)
  const foldedWeights = foldWeights(graph, weights)
  const shapes = inferShapes(folded)
  const def = new GraphDef()
  const names = new Map([['input', def.placeholder('input', graph.inputShape)]])
  for (const node of folded.nodes) {
    const inputs = node.inputs.map((input) => names.get(input)!)
    const channels = shapes.get(node.inputs[0]!)!.at(-1)!
    const weight = (name: string): WeightTensor => {
      const found = foldedWeights.get(`${node.name}/${name}`)
      if (found === undefined) throw missingWeight(`${node.name}/${name}`)
      return found
    }
    // A prefix keeps node names apart from the names of the outputs.
    names.set(node.name, emit(def, { ...node, name: `network/${node.name}` }, inputs, channels, weight))
  }
  const outputs = {
    features: folded.featureNode,
    ...(folded.logitsNode === undefined ? {} : { logits: folded.logitsNode }),
  }
  for (const [output, node] of Object.entries(outputs)) def.node(output, 'Identity', [names.get(node)!])
  const { specs, bytes } = def.weights()
  const modelJson = JSON.stringify({
    format: 'graph-model',
    generatedBy: 'etsef',
    convertedBy: null,
    modelTopology: { node: def.nodes, library: {}, versions: { producer: 1882 } },
    weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
  })
  return { modelJson, weights: bytes }
}

function emit(
  def: GraphDef,
  node: GraphNode,
  inputs: readonly string[],
  channels: number,
  weight: (name: string) => WeightTensor,
): string {
  const { name } = node
  const x = inputs[0]!
  switch (node.op) {
    case 'conv':
    case 'depthwiseConv': {
      const padded = pad(def, name, x, node.padding, 0)
      const op = node.op === 'conv' ? 'Conv2D' : 'DepthwiseConv2dNative'
      const kernel = def.weight(`${name}/kernel`, weight('kernel'))
      const attr = { ...window(node.strides, node.padding), dilations: integerList([1, 1, 1, 1]) }
      if (!node.bias) return def.node(name, op, [padded, kernel], attr)
      const product = def.node(`${name}/product`, op, [padded, kernel], attr)
      return def.node(name, 'BiasAdd', [product, def.weight(`${name}/bias`, weight('bias'))], {
        data_format: text('NHWC'),
      })
    }
    case 'dense': {
      const attr = { transpose_a: { b: false }, transpose_b: { b: false } }
      const kernel = def.weight(`${name}/kernel`, weight('kernel'))
      if (!node.bias) return def.node(name, 'MatMul', [x, kernel], attr)
      return def.node(name, 'BiasAdd', [
        def.node(`${name}/product`, 'MatMul', [x, kernel], attr),
        def.weight(`${name}/bias`, weight('bias')),
      ])
    }
    case 'batchNorm': {
      const gamma = node.scale ? weight('gamma').data : new Float32Array(channels).fill(1)
      const beta = node.center ? weight('beta').data : new Float32Array(channels)
      const [mean, variance] = [weight('movingMean').data, weight('movingVariance').data]
      const scale = gamma.map((value, c) => value / Math.sqrt(variance[c]! + node.epsilon))
      return affine(
        def,
        name,
        x,
        scale,
        scale.map((value, c) => beta[c]! - mean[c]! * value),
      )
    }
    case 'rescale':
      return affine(def, name, x, Float32Array.from(node.scale), Float32Array.from(node.offset))
    case 'activation':
      return activate(def, node.activation, x, name)
    case 'maxPool':
      // The lowest float never wins a maximum.
      return def.node(name, 'MaxPool', [pad(def, name, x, node.padding, -3.4e38)], {
        ksize: integerList([1, ...node.size, 1]),
        ...window(node.strides, node.padding),
      })
    case 'avgPool':
      if (typeof node.padding !== 'string')
        throw wrongNetwork(
          `"${name.slice('network/'.length)}": an average pool with explicit padding cannot be written for TF.js`,
          { expected: 'same or valid padding', hint: 'export to ONNX instead, or take the keras variant' },
        )
      return def.node(name, 'AvgPool', [x], {
        ksize: integerList([1, ...node.size, 1]),
        ...window(node.strides, node.padding),
      })
    case 'globalAvgPool':
      return def.node(name, 'Mean', [x, def.integers(`${name}/axes`, [2], [1, 2])], { keep_dims: { b: node.keepDims } })
    case 'globalMaxPool':
      return def.node(name, 'Max', [x, def.integers(`${name}/axes`, [2], [1, 2])], { keep_dims: { b: false } })
    case 'add':
      return inputs
        .slice(1)
        .reduce(
          (sum, input, i) => def.node(i === inputs.length - 2 ? name : `${name}/sum${i}`, 'AddV2', [sum, input]),
          x,
        )
    case 'multiply':
      return def.node(name, 'Mul', inputs)
    case 'scale':
      return def.node(name, 'Mul', [x, def.scalar(`${name}/factor`, node.factor)])
    case 'concat':
      return def.node(name, 'ConcatV2', [...inputs, def.integers(`${name}/axis`, [], [-1])], {
        N: { i: String(inputs.length) },
      })
    case 'dropout':
      return x
  }
}

function activate(def: GraphDef, activation: Activation, x: string, name: string): string {
  switch (activation) {
    case 'relu':
      return def.node(name, 'Relu', [x])
    case 'relu6':
      return def.node(name, 'Relu6', [x])
    case 'sigmoid':
      return def.node(name, 'Sigmoid', [x])
    case 'swish':
      return def.node(name, 'Mul', [x, def.node(`${name}/sigmoid`, 'Sigmoid', [x])])
    case 'hardSigmoid':
      return hardSigmoid(def, x, name)
    case 'hardSwish':
      return def.node(name, 'Mul', [x, hardSigmoid(def, x, `${name}/gate`)])
  }
}

function hardSigmoid(def: GraphDef, x: string, name: string): string {
  const shifted = def.node(`${name}/shifted`, 'AddV2', [x, def.scalar(`${name}/three`, 3)])
  return def.node(name, 'Mul', [def.node(`${name}/clipped`, 'Relu6', [shifted]), def.scalar(`${name}/sixth`, 1 / 6)])
}

function affine(def: GraphDef, name: string, x: string, scale: Float32Array, offset: Float32Array): string {
  const shape = [scale.length]
  const scaled = def.node(`${name}/scaled`, 'Mul', [x, def.weight(`${name}/scale`, { shape, data: scale })])
  return def.node(name, 'AddV2', [scaled, def.weight(`${name}/offset`, { shape, data: offset })])
}

/** Explicit padding as a node of its own: TF.js' TensorFlow backend takes none in a convolution. */
function pad(def: GraphDef, name: string, x: string, padding: Padding, value: number): string {
  if (typeof padding === 'string' || padding.every((count) => count === 0)) return x
  const counts = def.integers(`${name}/paddings`, [4, 2], [0, 0, ...padding, 0, 0])
  return def.node(`${name}/padded`, 'PadV2', [x, counts, def.scalar(`${name}/padding`, value)])
}

function window(strides: readonly [number, number], padding: Padding): Readonly<Record<string, unknown>> {
  return {
    strides: integerList([1, ...strides, 1]),
    padding: text(padding === 'same' ? 'SAME' : 'VALID'),
    data_format: text('NHWC'),
  }
}
