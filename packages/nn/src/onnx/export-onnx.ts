import { foldGraph, foldWeights } from '../graph/fold.js'
import type { Activation, Graph, GraphNode, Padding, Weights, WeightTensor } from '../graph/graph.js'
import { axisPadding, inferShapes } from '../graph/shapes.js'
import { emitConvAsProduct, isBetterAsProduct } from './conv-as-product.js'
import { createLayouts } from './layouts.js'
import { type OnnxAttribute, OnnxModel } from '@etsef/plugin-api/onnx'
import { missingWeight, misuse } from '../errors.js'

/** Settings of {@link exportOnnx}. */
export interface ExportOptions {
  /** Nodes whose outputs the file gives, by name; default the feature node and, where there is one, the logits. */
  readonly outputs?: readonly string[]
}

/**
 * A network in inference mode as an ONNX file (opset 17, IR 8): batch norm folded, dropout left out, `same` padding written as
 * explicit pads for the graph's picture size. Input `input` is float32 `[batch, height, width, channels]`, preprocessed; spatial
 * outputs are NHWC too. Agrees with the graph's other engines to 1e-4 relative.
 *
 * @throws Error that names a missing weight or an unknown output.
 */
export function exportOnnx(graph: Graph, weights: Weights, options: ExportOptions = {}): Uint8Array {
  const wanted = options.outputs ?? [graph.featureNode, ...(graph.logitsNode === undefined ? [] : [graph.logitsNode])]
  const kept = upTo(graph, wanted)
  const folded = foldGraph(kept, wanted)
  const foldedWeights = foldWeights(kept, weights, wanted)
  const shapes = inferShapes(folded)
  const model = new OnnxModel()
  const layouts = createLayouts(model)
  layouts.set('input', 'nhwc', 'input')
  const foldedName = (name: string): string =>
    shapes.has(name) ? name : kept.nodes.find((node) => node.name === name)!.inputs[0]!
  for (const node of folded.nodes) {
    const weight: NeedWeight = (name) => need(foldedWeights, `${node.name}/${name}`)
    const inputShapes = node.inputs.map((input) => shapes.get(input)!)
    const outputShape = shapes.get(node.name)!
    if (node.op === 'conv' && isBetterAsProduct(node, weight('kernel'), outputShape)) {
      const product = emitConvAsProduct(
        model,
        node,
        layouts.get(node.inputs[0]!, 'nhwc'),
        { inputShape: inputShapes[0]!, outputShape },
        { kernel: weight('kernel'), bias: node.bias ? weight('bias') : undefined },
      )
      layouts.set(node.name, 'nhwc', product)
      continue
    }
    // What is done to each value by itself can be done in any order of axes.
    const isElementwise = node.op === 'activation' || node.op === 'add' || node.op === 'scale'
    const layout = isElementwise && node.inputs.some((input) => layouts.has(input, 'nhwc')) ? 'nhwc' : 'nchw'
    const inputs = node.inputs.map((input, i) =>
      inputShapes[i]!.length === 3 ? layouts.get(input, layout) : layouts.get(input, 'nchw'),
    )
    layouts.set(node.name, layout, emit(model, node, inputs, inputShapes, weight))
  }
  const outputs = wanted.map((name, index) => {
    const source = foldedName(name)
    const shape = shapes.get(source)!
    const output = `output_${index}`
    model.node('Identity', [layouts.get(source, shape.length === 3 ? 'nhwc' : 'nchw')], output)
    return { name: output, shape }
  })
  return model.encode(graph.architecture, { name: 'input', shape: graph.inputShape }, outputs)
}

/** The part of a graph that the wanted outputs need. */
function upTo(graph: Graph, wanted: readonly string[]): Graph {
  const needed = new Set(wanted)
  for (const node of graph.nodes.toReversed())
    if (needed.has(node.name)) for (const input of node.inputs) needed.add(input)
  for (const name of wanted)
    if (!graph.nodes.some((node) => node.name === name)) throw misuse(`${graph.architecture} has no node "${name}"`)
  return { ...graph, nodes: graph.nodes.filter((node) => needed.has(node.name)), featureNode: wanted[0]! }
}

type NeedWeight = (name: string) => WeightTensor

function emit(
  model: OnnxModel,
  node: GraphNode,
  inputs: readonly string[],
  inputShapes: readonly (readonly number[])[],
  weight: NeedWeight,
): string {
  const { name } = node
  const shape = inputShapes[0]!
  switch (node.op) {
    case 'conv':
    case 'depthwiseConv': {
      const isDepthwise = node.op === 'depthwiseConv'
      const kernel = kernelToOnnx(weight('kernel'), isDepthwise)
      const bias = node.bias ? [model.constant(`${name}/bias`, weight('bias').shape, weight('bias').data)] : []
      return model.node(
        'Conv',
        [inputs[0]!, model.constant(`${name}/kernel`, kernel.shape, kernel.data), ...bias],
        name,
        {
          ...windowAttributes(shape, node.kernel, node.strides, node.padding),
          group: isDepthwise ? shape[2]! : 1,
        },
      )
    }
    case 'dense': {
      const kernel = model.constant(`${name}/kernel`, weight('kernel').shape, weight('kernel').data)
      if (!node.bias) return model.node('MatMul', [inputs[0]!, kernel], name)
      return model.node(
        'Gemm',
        [inputs[0]!, kernel, model.constant(`${name}/bias`, weight('bias').shape, weight('bias').data)],
        name,
      )
    }
    case 'batchNorm': {
      const channels = shape.at(-1)!
      const vector = (parameter: string, fallback?: number): string => {
        const data = fallback === undefined ? weight(parameter).data : new Float32Array(channels).fill(fallback)
        return model.constant(`${name}/${parameter}`, [channels], data)
      }
      const scale = node.scale ? vector('gamma') : vector('gamma', 1)
      const offset = node.center ? vector('beta') : vector('beta', 0)
      return model.node(
        'BatchNormalization',
        [inputs[0]!, scale, offset, vector('movingMean'), vector('movingVariance')],
        name,
        { epsilon: { float: node.epsilon } },
      )
    }
    case 'activation':
      return emitActivation(model, node.activation, inputs[0]!, name)
    case 'maxPool':
      return model.node('MaxPool', inputs, name, windowAttributes(shape, node.size, node.strides, node.padding))
    case 'avgPool':
      return model.node('AveragePool', inputs, name, {
        ...windowAttributes(shape, node.size, node.strides, node.padding),
        count_include_pad: 0,
      })
    case 'globalAvgPool':
      if (node.keepDims) return model.node('GlobalAveragePool', inputs, name)
      return model.node('Flatten', [model.node('GlobalAveragePool', inputs, `${name}_2d`)], name, { axis: 1 })
    case 'globalMaxPool':
      return model.node('Flatten', [model.node('GlobalMaxPool', inputs, `${name}_2d`)], name, { axis: 1 })
    case 'add':
      return model.node('Sum', inputs, name)
    case 'multiply':
      return model.node('Mul', inputs, name)
    case 'scale':
      return model.node('Mul', [inputs[0]!, model.constant(`${name}/factor`, [], Float32Array.of(node.factor))], name)
    case 'rescale': {
      const channelShape = shape.length === 3 ? [1, node.scale.length, 1, 1] : [node.scale.length]
      const scaled = model.node(
        'Mul',
        [inputs[0]!, model.constant(`${name}/scale`, channelShape, Float32Array.from(node.scale))],
        `${name}_scaled`,
      )
      return model.node(
        'Add',
        [scaled, model.constant(`${name}/offset`, channelShape, Float32Array.from(node.offset))],
        name,
      )
    }
    case 'concat':
      return model.node('Concat', inputs, name, { axis: 1 })
    case 'dropout':
      return inputs[0]!
  }
}

function emitActivation(model: OnnxModel, activation: Activation, input: string, name: string): string {
  switch (activation) {
    case 'relu':
      return model.node('Relu', [input], name)
    case 'relu6':
      return model.node(
        'Clip',
        [input, model.constant('zero', [], Float32Array.of(0)), model.constant('six', [], Float32Array.of(6))],
        name,
      )
    case 'sigmoid':
      return model.node('Sigmoid', [input], name)
    case 'swish':
      return model.node('Mul', [input, model.node('Sigmoid', [input], `${name}_sigmoid`)], name)
    case 'hardSigmoid':
      return model.node('HardSigmoid', [input], name, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })
    case 'hardSwish':
      return model.node(
        'Mul',
        [input, model.node('HardSigmoid', [input], `${name}_gate`, { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })],
        name,
      )
  }
}

function windowAttributes(
  shape: readonly number[],
  kernel: readonly [number, number],
  strides: readonly [number, number],
  padding: Padding,
): Readonly<Record<string, OnnxAttribute>> {
  const [top, bottom] = axisPadding(padding, 'height', shape[0]!, kernel[0], strides[0])
  const [left, right] = axisPadding(padding, 'width', shape[1]!, kernel[1], strides[1])
  return { kernel_shape: kernel, strides, pads: [top, left, bottom, right] }
}

/** HWIO (or `[h, w, c, 1]`) as OIHW (or `[c, 1, h, w]`). */
function kernelToOnnx({ shape, data }: WeightTensor, isDepthwise: boolean): WeightTensor {
  const [height, width, third, fourth] = shape as [number, number, number, number]
  const [outer, inner] = isDepthwise ? [third, fourth] : [fourth, third]
  const area = height * width
  const out = new Float32Array(data.length)
  // Writes in order; reads stride by the number of outputs.
  let to = 0
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let from = i * outer + o
      for (let k = 0; k < area; k++, from += inner * outer) out[to++] = data[from]!
    }
  }
  return { shape: [outer, inner, height, width], data: out }
}

function need(weights: Weights, name: string): WeightTensor {
  const weight = weights.get(name)
  if (weight === undefined) throw missingWeight(name)
  return weight
}
