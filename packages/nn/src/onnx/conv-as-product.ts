import type { GraphNode, WeightTensor } from '../graph/graph.js'
import { axisPadding } from '../graph/shapes.js'
import type { OnnxModel } from '@etsef/plugin-api/onnx'

/** Pixels of a map up to which ONNX Runtime's convolution is bound by reading its weights, which it does for each picture. */
const smallMap = 16

/** Weights from which that counts: 2 MB, more than a core keeps. */
const manyWeights = 524_288

type Conv = Extract<GraphNode, { op: 'conv' }>

/**
 * Whether a convolution is better written as a matrix product over the pixels of all pictures: on small maps with many weights, as
 * in the last stage of a ResNet at 96 px, that takes half the time.
 */
export function isBetterAsProduct(node: GraphNode, kernel: WeightTensor, outputShape: readonly number[]): node is Conv {
  return node.op === 'conv' && outputShape[0]! * outputShape[1]! <= smallMap && kernel.data.length >= manyWeights
}

/**
 * The convolution as `patches · kernel + bias`.
 *
 * @param input - Name of the input, NHWC.
 * @returns Name of the output, NHWC.
 */
export function emitConvAsProduct(
  model: OnnxModel,
  { name, kernel: window, strides, padding }: Conv,
  input: string,
  { inputShape, outputShape }: { readonly inputShape: readonly number[]; readonly outputShape: readonly number[] },
  { kernel, bias }: { readonly kernel: WeightTensor; readonly bias: WeightTensor | undefined },
): string {
  const [height, width, channels] = inputShape as [number, number, number]
  const [outHeight, outWidth, filters] = outputShape as [number, number, number]
  const [top, bottom] = axisPadding(padding, 'height', height, window[0], strides[0])
  const [left, right] = axisPadding(padding, 'width', width, window[1], strides[1])
  const depth = window[0] * window[1] * channels
  let patches = input
  if (window[0] * window[1] * strides[0] * strides[1] > 1) {
    const pads = [0, top, left, 0, 0, bottom, right, 0]
    const padded = pads.some((pad) => pad > 0)
      ? model.node('Pad', [input, model.integers(`${name}/pads`, pads)], `${name}_padded`)
      : input
    const pitch = left + width + right
    const places = model.integers(`${name}/places`, [-1, (top + height + bottom) * pitch, channels])
    const pixels = model.node('Reshape', [padded, places], `${name}_pixels`)
    const taken = model.integers(`${name}/taken`, patchPixels([outHeight, outWidth], window, strides, pitch))
    const gathered = model.node('Gather', [pixels, taken], `${name}_gathered`, { axis: 1 })
    patches = model.node(
      'Reshape',
      [gathered, model.integers(`${name}/patches`, [-1, outHeight, outWidth, depth])],
      `${name}_patches`,
    )
  }
  // A kernel [height, width, channels, filters] lies in memory as the matrix that patches are multiplied by.
  const matrix = model.constant(`${name}/kernel`, [depth, filters], kernel.data)
  if (bias === undefined) return model.node('MatMul', [patches, matrix], name)
  const product = model.node('MatMul', [patches, matrix], `${name}_product`)
  return model.node('Add', [product, model.constant(`${name}/bias`, [filters], bias.data)], name)
}

/** Pixels of each patch, output pixel by output pixel. */
function patchPixels(
  [outHeight, outWidth]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  strides: readonly [number, number],
  pitch: number,
): number[] {
  const pixels: number[] = []
  for (let y = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) pixels.push((y * strides[0] + i) * pitch + x * strides[1] + j)
  return pixels
}
