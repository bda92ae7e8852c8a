import { readFile } from 'node:fs/promises'
import type { WeightTensor } from '../graph/graph.js'
import { sizeOf } from '../graph/parameters.js'
import { FlatTable } from './flatbuffer.js'
import type { OrderedLayer } from './from-layers.js'
import { alignedCopy, widenFloat16 } from './half-floats.js'
import { readBudget } from './read-budget.js'
import { badWeights } from '../errors.js'

/** Builtin operator codes with weights. */
const KINDS: Readonly<Record<number, OrderedLayer['kind']>> = { 3: 'conv', 4: 'depthwiseConv', 9: 'dense' }

/** Ten times what the deepest networks have. */
const maxLayers = 10_000
const maxNameBytes = 200

/** Layers with weights of a TFLite file, in the order of execution; see {@link parseTflite}. */
export async function readTflite(path: string): Promise<readonly OrderedLayer[]> {
  return parseTflite(await readFile(path))
}

/**
 * Layers with weights of a TFLite network. Quantised tensors are dequantised as `(q - zeroPoint) * scale`; kernels `[out, h, w, in]`
 * become HWIO, depthwise `[1, h, w, c]` becomes `[h, w, c, 1]`, dense `[out, in]` becomes `[in, out]`.
 *
 * @throws PipelineError `ERR_WEIGHTS` for other files, and for weights in a type that is not float32, float16, uint8, int8 or int32.
 * @see TensorFlow 2.21 `lite/schema/schema.fbs`
 */
export function parseTflite(bytes: Uint8Array): readonly OrderedLayer[] {
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(4, 8)) !== 'TFL3')
    throw badWeights('not a TFLite file', { expected: 'the identifier TFL3' })
  const model = FlatTable.root(bytes)
  // The code moved to a wider field in 2020; older writers fill the byte only.
  const codes = model.tables(1).map((code) => Math.max(code.byte(0), code.int(3)))
  const buffers = model.tables(4)
  const subgraph = model.tables(2)[0]
  if (subgraph === undefined) throw badWeights('the TFLite file holds no network')
  const tensors = subgraph.tables(0)
  const budget = readBudget(bytes.length)
  const read = (index: number): WeightTensor => {
    const tensor = tensors[index]
    const buffer = tensor && buffers[tensor.int(2)]
    if (tensor === undefined || buffer === undefined)
      throw badWeights('the TFLite file is damaged: a tensor is missing')
    const bytes = buffer.bytes(0)
    if (bytes.length === 0)
      throw badWeights('a TFLite weight is not in the file: the network computes it', {
        hint: 'convert the model with its variables frozen',
      })
    budget.spend(bytes.length, nameOf(tensor))
    return dequantise(tensor, bytes)
  }
  let numLayers = 0
  return subgraph.tables(3).flatMap((operator): OrderedLayer[] => {
    const kind = KINDS[codes[operator.int(0)] ?? -1]
    if (kind === undefined) return []
    if (++numLayers > maxLayers)
      throw badWeights(`the TFLite file has more than ${maxLayers} layers with weights`, {
        hint: 'the file is damaged, or made to use up memory',
      })
    const [, kernelIndex, biasIndex = -1] = operator.ints(1)
    const kernel = kernelFromTflite(kind, read(kernelIndex!))
    const name = nameOf(tensors[kernelIndex!]!)
    return [{ kind, name, kernel, ...(biasIndex < 0 ? {} : { bias: read(biasIndex) }) }]
  })
}

/** A tensor's name, for people: a made-up file may have megabytes of it. */
function nameOf(tensor: FlatTable): string {
  return new TextDecoder().decode(tensor.bytes(3).subarray(0, maxNameBytes))
}

function dequantise(tensor: FlatTable, bytes: Uint8Array): WeightTensor {
  const shape = tensor.ints(0)
  const quantization = tensor.table(4)
  const scales = quantization?.floats(2) ?? []
  const zeroPoints = quantization?.longs(3) ?? []
  const type = tensor.byte(1)
  const width = { 0: 4, 1: 2, 2: 4, 3: 1, 9: 1 }[type]
  if (width === undefined)
    throw badWeights(`a TFLite weight has type ${type}`, { expected: 'float32, float16, int32, uint8 or int8' })
  if (bytes.length !== sizeOf(shape) * width)
    throw badWeights('a TFLite weight does not fill its shape', {
      expected: `${sizeOf(shape) * width} bytes`,
      received: `${bytes.length} bytes`,
    })
  const buffer = alignedCopy(bytes)
  if (type === 0) return { shape, data: new Float32Array(buffer) }
  if (type === 1) return { shape, data: widenFloat16(new Uint16Array(buffer)) }
  const stored = type === 2 ? new Int32Array(buffer) : type === 3 ? new Uint8Array(buffer) : new Int8Array(buffer)
  const axis = quantization?.int(6) ?? 0
  const inner = sizeOf(shape.slice(axis + 1))
  const data = new Float32Array(stored.length)
  for (let i = 0; i < data.length; i++) {
    const channel = scales.length > 1 ? Math.floor(i / inner) % scales.length : 0
    data[i] = (stored[i]! - (zeroPoints[channel] ?? 0)) * (scales[channel] ?? 1)
  }
  return { shape, data }
}

function kernelFromTflite(kind: OrderedLayer['kind'], { shape, data }: WeightTensor): WeightTensor {
  if (kind === 'depthwiseConv') {
    if (shape.length !== 4 || shape[0] !== 1)
      throw badWeights(`a TFLite depthwise kernel has shape [${shape.join(', ')}]`)
    return { shape: [shape[1]!, shape[2]!, shape[3]!, 1], data }
  }
  const out = shape[0]!
  const rest = shape.slice(1)
  const size = sizeOf(rest)
  const transposed = new Float32Array(data.length)
  for (let o = 0; o < out; o++) for (let i = 0; i < size; i++) transposed[i * out + o] = data[o * size + i]!
  return { shape: [...rest, out], data: transposed }
}
