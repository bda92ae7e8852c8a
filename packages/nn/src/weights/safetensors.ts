import { readFile, writeFile } from 'node:fs/promises'
import type { Weights, WeightTensor } from '../graph/graph.js'
import { sizeOf } from '../graph/parameters.js'
import { alignedCopy, widenBfloat16, widenFloat16 } from './half-floats.js'
import { badWeights } from '../errors.js'

/** Contents of a safetensors file. */
export interface SafetensorsFile {
  /** Tensors by name, widened or narrowed to float32. */
  readonly tensors: Weights
  /** The `__metadata__` strings. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Largest header read: the format's own limit. */
const MAX_HEADER_BYTES = 100_000_000

const BYTES_PER_ELEMENT: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
}

/** Reads a safetensors file; see {@link parseSafetensors}. */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return parseSafetensors(await readFile(path), path)
}

/** Writes weights as a safetensors file, float32; see {@link serializeSafetensors}. */
export async function writeSafetensors(
  path: string,
  tensors: Weights,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFile(path, serializeSafetensors(tensors, metadata))
}

/**
 * Tensors of a safetensors file. Integers are converted, F16 and BF16 widened, F64 narrowed to float32.
 *
 * @param name - For messages.
 * @throws PipelineError `ERR_WEIGHTS` when the header is malformed, tensors overlap or leave holes, or sizes disagree.
 * @see safetensors 0.5 format description
 */
export function parseSafetensors(bytes: Uint8Array, name = 'safetensors file'): SafetensorsFile {
  if (bytes.length < 8) throw badWeights(`${name} is too short for a safetensors file`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerLength = Number(view.getBigUint64(0, true))
  if (headerLength > MAX_HEADER_BYTES || headerLength + 8 > bytes.length) {
    throw badWeights(`${name} is not a safetensors file, or is cut off`, {
      expected: `a header of ${headerLength} bytes`,
      received: `${bytes.length} bytes in all`,
    })
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), name)
  const data = bytes.subarray(8 + headerLength)
  const { __metadata__: metadata = {}, ...entries } = header
  const tensors = new Map<string, WeightTensor>()
  let end = 0
  const sorted = Object.entries(entries)
    .map(([tensor, entry]) => [tensor, checkEntry(tensor, entry, name)] as const)
    .sort((a, b) => a[1].start - b[1].start || a[1].end - b[1].end)
  for (const [tensor, { start, end: stop, dtype, shape }] of sorted) {
    if (start !== end)
      throw badWeights(`${name}: tensor "${tensor}" ${start < end ? 'overlaps another' : 'leaves a hole before it'}`, {
        expected: `offset ${end}`,
        received: `offset ${start}`,
      })
    end = stop
    tensors.set(tensor, { shape, data: new Float32Array(0) })
    if (stop > data.length)
      throw badWeights(`${name} is cut off: tensor "${tensor}" ends outside it`, {
        expected: `${stop} bytes of data`,
        received: `${data.length}`,
      })
    tensors.set(tensor, { shape, data: toFloat32(dtype, data.subarray(start, stop)) })
  }
  if (end !== data.length) throw badWeights(`${name} has ${data.length - end} bytes after its last tensor`)
  return { tensors, metadata: checkMetadata(metadata, name) }
}

/** Bytes of a safetensors file: float32, tensors in the map's order, header padded to 8 bytes. Equal input gives equal bytes. */
export function serializeSafetensors(tensors: Weights, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {}
  let offset = 0
  for (const [name, { shape, data }] of tensors) {
    if (sizeOf(shape) !== data.length)
      throw badWeights(`weight "${name}" of shape [${shape.join(', ')}] holds ${data.length} values`)
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const headerLength = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + headerLength + offset)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true)
  bytes.fill(0x20, 8, 8 + headerLength)
  bytes.set(json, 8)
  let position = 8 + headerLength
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position)
    position += data.byteLength
  }
  return bytes
}

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

function parseHeader(bytes: Uint8Array, name: string): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw badWeights(`${name} is not a safetensors file: its header is not JSON`, { cause })
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw badWeights(`${name}: the header is not an object`)
  return header as Record<string, unknown>
}

function checkEntry(tensor: string, entry: unknown, name: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
  const size =
    typeof dtype === 'string' && Object.hasOwn(BYTES_PER_ELEMENT, dtype) ? BYTES_PER_ELEMENT[dtype] : undefined
  if (size === undefined)
    throw badWeights(`${name}: tensor "${tensor}" has dtype ${JSON.stringify(dtype)}`, {
      expected: Object.keys(BYTES_PER_ELEMENT).join(', '),
    })
  if (!isCounts(shape)) throw badWeights(`${name}: tensor "${tensor}" has shape ${JSON.stringify(shape)}`)
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[1]! < offsets[0]!)
    throw badWeights(`${name}: tensor "${tensor}" has offsets ${JSON.stringify(offsets)}`)
  const [start, end] = offsets as [number, number]
  if (end - start !== sizeOf(shape) * size) {
    throw badWeights(`${name}: tensor "${tensor}" does not fill its bytes`, {
      expected: `${sizeOf(shape) * size} bytes for ${dtype as string} [${shape.join(', ')}]`,
      received: `${end - start} bytes`,
    })
  }
  return { dtype: dtype as string, shape, start, end }
}

function checkMetadata(metadata: unknown, name: string): Readonly<Record<string, string>> {
  if (
    typeof metadata !== 'object' ||
    metadata === null ||
    Object.values(metadata).some((value) => typeof value !== 'string')
  ) {
    throw badWeights(`${name}: __metadata__ must map strings to strings`)
  }
  return metadata as Readonly<Record<string, string>>
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
}

function toFloat32(dtype: string, bytes: Uint8Array): Float32Array {
  const buffer = alignedCopy(bytes)
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer)
    case 'F16':
      return widenFloat16(new Uint16Array(buffer))
    case 'BF16':
      return widenBfloat16(new Uint16Array(buffer))
    case 'F64':
      return Float32Array.from(new Float64Array(buffer))
    case 'I64':
      return Float32Array.from(new BigInt64Array(buffer), Number)
    case 'I32':
      return Float32Array.from(new Int32Array(buffer))
    case 'I16':
      return Float32Array.from(new Int16Array(buffer))
    case 'I8':
      return Float32Array.from(new Int8Array(buffer))
    default:
      return Float32Array.from(new Uint8Array(buffer))
  }
}
