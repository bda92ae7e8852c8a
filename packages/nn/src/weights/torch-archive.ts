import { readFile } from 'node:fs/promises'
import { unzipSync } from 'fflate'
import type { Weights, WeightTensor } from '../graph/graph.js'
import { sizeOf } from '../graph/parameters.js'
import { alignedCopy, widenBfloat16, widenFloat16 } from './half-floats.js'
import { type PickleObject, type PickleValue, runPickle } from './pickle.js'
import { badWeights } from './weights-error.js'

/** Bytes per element of the allowed storages. */
const STORAGES: Readonly<Record<string, number>> = {
  FloatStorage: 4,
  DoubleStorage: 8,
  HalfStorage: 2,
  BFloat16Storage: 2,
  LongStorage: 8,
  IntStorage: 4,
  ShortStorage: 2,
  CharStorage: 1,
  ByteStorage: 1,
  BoolStorage: 1,
}

/** Keys under which training scripts put the state dict, in order of preference. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model', 'model_ema']

interface Global extends PickleObject {
  readonly kind: 'global'
  readonly name: string
}

interface Storage extends PickleObject {
  readonly kind: 'storage'
  readonly type: string
  readonly bytes: Uint8Array
}

interface Tensor extends PickleObject {
  readonly kind: 'tensor'
  readonly tensor: WeightTensor
}

/** Reads a PyTorch state dict; see {@link parseTorchArchive}. */
export async function readTorchArchive(path: string): Promise<Weights> {
  return parseTorchArchive(await readFile(path))
}

/**
 * Tensors of a state dict that `torch.save` (1.6 or later) wrote. The pickle inside is read as data: only tensors, ordered
 * dictionaries and plain values pass, everything else is refused, and nothing of the file is executed.
 *
 * @throws PipelineError `ERR_WEIGHTS` for files of torch before 1.6, compressed or damaged ones, and pickles with other objects.
 */
export function parseTorchArchive(bytes: Uint8Array): Weights {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    throw badWeights('not a zip file: PyTorch before 1.6 wrote bare pickles, which are not read', {
      hint: 'load it in PyTorch and save it again, or as safetensors',
    })
  }
  const entries = unzip(bytes)
  const pickle = Object.keys(entries).find((name) => name.endsWith('/data.pkl') || name === 'data.pkl')
  if (pickle === undefined)
    throw badWeights('the archive holds no data.pkl', { hint: 'torch.jit archives and other zip files are not read' })
  const folder = pickle.slice(0, -'data.pkl'.length)
  const byteOrder = entries[`${folder}byteorder`]
  if (byteOrder !== undefined && new TextDecoder().decode(byteOrder) !== 'little')
    throw badWeights('the archive is big-endian')
  const value = runPickle(entries[pickle]!, {
    global: (name) => allowedGlobal(name),
    persistent: (id) => storageOf(id, entries, folder),
    reduce: construct,
  })
  return tensorsOf(value)
}

function unzip(bytes: Uint8Array): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(bytes, {
      filter: ({ name, compression }) => {
        // torch stores entries as they are; refusing others keeps small hostile files from unpacking to large ones.
        if (compression !== 0) throw badWeights(`entry "${name}" is compressed, which torch.save never does`)
        return true
      },
    })
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'PipelineError') throw cause
    throw badWeights('the archive is damaged', { cause })
  }
}

function allowedGlobal(name: string): Global | undefined {
  const isStorage = name.startsWith('torch ') && Object.hasOwn(STORAGES, name.slice('torch '.length))
  const known = ['collections OrderedDict', 'torch._utils _rebuild_tensor_v2', 'torch._utils _rebuild_parameter']
  return isStorage || known.includes(name) ? { kind: 'global', name } : undefined
}

function construct(callable: PickleObject, args: readonly PickleValue[]): PickleValue {
  switch ((callable as Partial<Global>).name) {
    case 'collections OrderedDict':
      return new Map()
    case 'torch._utils _rebuild_tensor_v2':
      return rebuildTensor(args)
    case 'torch._utils _rebuild_parameter':
      return args[0] ?? null
    default:
      throw badWeights('the pickle calls something that is no constructor of tensors')
  }
}

function storageOf(id: PickleValue, entries: Readonly<Record<string, Uint8Array>>, folder: string): Storage {
  const [tag, type, key] = Array.isArray(id) ? (id as readonly PickleValue[]) : []
  const name = (type as Partial<Global> | undefined)?.name
  const bytes = typeof key === 'string' ? entries[`${folder}data/${key}`] : undefined
  if (tag !== 'storage' || name === undefined || bytes === undefined)
    throw badWeights('the archive is damaged: a storage is missing')
  return { kind: 'storage', type: name.slice('torch '.length), bytes }
}

function rebuildTensor([storage, offset, shape, strides]: readonly PickleValue[]): Tensor {
  const source = storage as Partial<Storage> | undefined
  const isCounts = (value: PickleValue | undefined): value is readonly number[] =>
    Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0)
  if (
    source?.kind !== 'storage' ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    strides.length !== shape.length ||
    !isCounts([offset!])
  ) {
    throw badWeights('the archive is damaged: a tensor is malformed')
  }
  const { type, bytes } = source as Storage
  const available = bytes.length / STORAGES[type]!
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset as number)
  if (sizeOf(shape) > available || (sizeOf(shape) > 0 && last >= available))
    throw badWeights('the archive is damaged: a tensor reaches outside its storage')
  return { kind: 'tensor', tensor: { shape, data: gather(toFloat32(type, bytes), offset as number, shape, strides) } }
}

function gather(
  values: Float32Array,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array {
  const isContiguous = strides.every((stride, axis) => shape[axis] === 1 || stride === sizeOf(shape.slice(axis + 1)))
  if (isContiguous) return values.slice(offset, offset + sizeOf(shape))
  const out = new Float32Array(sizeOf(shape))
  for (let i = 0; i < out.length; i++) {
    let rest = i
    let from = offset
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * strides[axis]!
      rest = Math.floor(rest / shape[axis]!)
    }
    out[i] = values[from]!
  }
  return out
}

function toFloat32(type: string, bytes: Uint8Array): Float32Array {
  const buffer = alignedCopy(bytes)
  switch (type) {
    case 'FloatStorage':
      return new Float32Array(buffer)
    case 'DoubleStorage':
      return Float32Array.from(new Float64Array(buffer))
    case 'HalfStorage':
      return widenFloat16(new Uint16Array(buffer))
    case 'BFloat16Storage':
      return widenBfloat16(new Uint16Array(buffer))
    case 'LongStorage':
      return Float32Array.from(new BigInt64Array(buffer), Number)
    case 'IntStorage':
      return Float32Array.from(new Int32Array(buffer))
    case 'ShortStorage':
      return Float32Array.from(new Int16Array(buffer))
    case 'CharStorage':
      return Float32Array.from(new Int8Array(buffer))
    default:
      return Float32Array.from(new Uint8Array(buffer))
  }
}

function tensorsOf(value: PickleValue): Weights {
  if (!(value instanceof Map))
    throw badWeights('the archive holds no state dict', { hint: 'save model.state_dict(), not the model' })
  for (const key of WRAPPERS) {
    const inner: unknown = value.get(key)
    if (inner instanceof Map) return tensorsOf(inner as ReadonlyMap<PickleValue, PickleValue>)
  }
  const tensors = new Map<string, WeightTensor>()
  for (const [key, item] of value as ReadonlyMap<PickleValue, PickleValue>) {
    const tensor = (item as Partial<Tensor> | null)?.tensor
    if (typeof key === 'string' && tensor !== undefined) tensors.set(key, tensor)
  }
  if (tensors.size === 0) throw badWeights('the archive holds no tensors')
  return tensors
}
