import { readFile } from 'node:fs/promises'
import type { Weights, WeightTensor } from '../graph/graph.js'
import { sizeOf } from '../graph/parameters.js'
import { alignedCopy, widenBfloat16, widenFloat16 } from './half-floats.js'
import { type PickleObject, type PickleValue, runPickle } from './pickle.js'
import { readBudget, type ReadBudget } from './read-budget.js'
import { badWeights } from '../errors.js'
import { readZip } from './zip-archive.js'

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

/** Axes a tensor may have; PyTorch's own limit. */
const MAX_RANK = 64

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
export async function parseTorchArchive(bytes: Uint8Array): Promise<Weights> {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    throw badWeights('not a zip file: PyTorch before 1.6 wrote bare pickles, which are not read', {
      hint: 'load it in PyTorch and save it again, or as safetensors',
    })
  }
  // torch stores entries as they are, so each is a view of the file.
  const entries = await readZip(bytes, { wanted: () => true, what: 'an archive of torch.save', unpacks: false })
  const pickle = [...entries.keys()].find((name) => name.endsWith('/data.pkl') || name === 'data.pkl')
  if (pickle === undefined)
    throw badWeights('the archive holds no data.pkl', { hint: 'torch.jit archives and other zip files are not read' })
  const folder = pickle.slice(0, -'data.pkl'.length)
  const byteOrder = entries.get(`${folder}byteorder`)
  if (byteOrder !== undefined && new TextDecoder().decode(byteOrder) !== 'little')
    throw badWeights('the archive is big-endian')
  const budget = readBudget(bytes.length)
  const value = runPickle(entries.get(pickle)!, {
    global: (name) => allowedGlobal(name),
    persistent: (id) => storageOf(id, entries, folder),
    reduce: (callable, args) => construct(callable, args, budget),
  })
  return tensorsOf(value)
}

function allowedGlobal(name: string): Global | undefined {
  const isStorage = name.startsWith('torch ') && Object.hasOwn(STORAGES, name.slice('torch '.length))
  const known = ['collections OrderedDict', 'torch._utils _rebuild_tensor_v2', 'torch._utils _rebuild_parameter']
  return isStorage || known.includes(name) ? { kind: 'global', name } : undefined
}

function construct(callable: PickleObject, args: readonly PickleValue[], budget: ReadBudget): PickleValue {
  switch ((callable as Partial<Global>).name) {
    case 'collections OrderedDict':
      return new Map()
    case 'torch._utils _rebuild_tensor_v2':
      return rebuildTensor(args, budget)
    case 'torch._utils _rebuild_parameter':
      return args[0] ?? null
    default:
      throw badWeights('the pickle calls something that is no constructor of tensors')
  }
}

function storageOf(id: PickleValue, entries: ReadonlyMap<string, Uint8Array>, folder: string): Storage {
  const [tag, type, key] = Array.isArray(id) ? (id as readonly PickleValue[]) : []
  const name = (type as Partial<Global> | undefined)?.name
  const bytes = typeof key === 'string' ? entries.get(`${folder}data/${key}`) : undefined
  if (tag !== 'storage' || name === undefined || bytes === undefined)
    throw badWeights('the archive is damaged: a storage is missing')
  return { kind: 'storage', type: name.slice('torch '.length), bytes }
}

function rebuildTensor([storage, offset, shape, strides]: readonly PickleValue[], budget: ReadBudget): Tensor {
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
  const width = STORAGES[type]!
  const available = Math.floor(bytes.length / width)
  const first = offset as number
  if (shape.length > MAX_RANK) throw badWeights('the archive is damaged: a tensor has too many axes')
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, first)
  if (sizeOf(shape) > available || (sizeOf(shape) > 0 && last >= available))
    throw badWeights('the archive is damaged: a tensor reaches outside its storage')
  if (sizeOf(shape) === 0) return { kind: 'tensor', tensor: { shape, data: new Float32Array(0) } }
  budget.spend(last - first + 1, `a tensor of [${shape.join(', ')}]`)
  // Only what the tensor reaches is widened: many may lie in one storage.
  const values = toFloat32(type, bytes.subarray(first * width, (last + 1) * width))
  return { kind: 'tensor', tensor: { shape, data: gather(values, shape, strides) } }
}

function gather(values: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const isContiguous = strides.every((stride, axis) => shape[axis] === 1 || stride === sizeOf(shape.slice(axis + 1)))
  if (isContiguous) return values
  const out = new Float32Array(sizeOf(shape))
  for (let i = 0; i < out.length; i++) {
    let rest = i
    let from = 0
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

function tensorsOf(value: PickleValue, depth = 0): Weights {
  if (!(value instanceof Map) || depth > WRAPPERS.length)
    throw badWeights('the archive holds no state dict', { hint: 'save model.state_dict(), not the model' })
  for (const key of WRAPPERS) {
    const inner: unknown = value.get(key)
    if (inner instanceof Map) return tensorsOf(inner as ReadonlyMap<PickleValue, PickleValue>, depth + 1)
  }
  const tensors = new Map<string, WeightTensor>()
  for (const [key, item] of value as ReadonlyMap<PickleValue, PickleValue>) {
    const tensor = (item as Partial<Tensor> | null)?.tensor
    if (typeof key === 'string' && tensor !== undefined) tensors.set(key, tensor)
  }
  if (tensors.size === 0) throw badWeights('the archive holds no tensors')
  return tensors
}
