import type { Dataset, Group } from 'h5wasm'
import type { Weights, WeightTensor } from '../graph/graph.js'
import { sizeOf } from '../graph/parameters.js'
import { readBudget, type ReadBudget } from './read-budget.js'
import { badWeights } from '../errors.js'

/** Groups looked into; the largest published networks have some thousands. */
const MAX_GROUPS = 20_000

/** Groups within groups: two for each network within a network. */
const MAX_DEPTH = 40

/** Names of a Keras 3 layer's variables, in order, by class (the group's name without its number). */
const VARIABLES: Readonly<Record<string, (count: number) => readonly string[]>> = {
  conv2d: () => ['kernel', 'bias'],
  depthwise_conv2d: () => ['kernel', 'bias'],
  separable_conv2d: () => ['depthwise_kernel', 'pointwise_kernel', 'bias'],
  dense: () => ['kernel', 'bias'],
  // Three variables: without scale, as in InceptionResNetV2.
  batch_normalization: (count) =>
    count === 3 ? ['beta', 'moving_mean', 'moving_variance'] : ['gamma', 'beta', 'moving_mean', 'moving_variance'],
}

/**
 * Weights of a Keras HDF5 file, named `<layer>/<weight>`: whole models and weights of Keras 2 (`.h5`, by the attributes
 * `layer_names` and `weight_names`) and weights of Keras 3 (`.weights.h5`, by the layer names that Keras 3.15 and later stores).
 *
 * @param layerNames - Keras 3 group path (`conv2d_3`) to layer name, from a `.keras` file's configuration.
 * @throws PipelineError `ERR_WEIGHTS` for other files, and for Keras 3 weights without layer names.
 */
export async function parseKerasHdf5(
  bytes: Uint8Array,
  layerNames: ReadonlyMap<string, string> = new Map(),
): Promise<Weights> {
  if (String.fromCharCode(...bytes.subarray(1, 4)) !== 'HDF') throw badWeights('not an HDF5 file')
  const budget = readBudget(bytes.length)
  const h5 = await import('h5wasm')
  const module = await h5.ready
  const { FS } = module
  // Otherwise HDF5 prints its own error stack on damaged files.
  module.activate_throwing_error_handler()
  // The file lives in the WASM module's own memory, never on disk.
  const path = `/weights-${nextFile++}.h5`
  FS.writeFile(path, bytes)
  try {
    const file = new h5.File(path, 'r')
    try {
      const root = (file.get('model_weights') as Group | null) ?? file
      return 'layer_names' in root.attrs ? readKeras2(root, budget) : readKeras3(file, layerNames, budget)
    } finally {
      file.close()
    }
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'PipelineError') throw cause
    throw badWeights('the HDF5 file is damaged, or is not a Keras file', { cause })
  } finally {
    FS.unlink(path)
  }
}

/** Number of the next file in the WASM module's memory; names must differ while two reads overlap. */
let nextFile = 0

function readKeras2(root: Group, budget: ReadBudget): Weights {
  const tensors = new Map<string, WeightTensor>()
  for (const layer of texts(root.attrs['layer_names']?.value)) {
    const group = root.get(layer) as Group | null
    const weights = texts(group?.attrs['weight_names']?.value)
    const parts = weights.map((weight) => weight.replace(/:\d+$/, '').split('/'))
    // The last part alone tells the weights of a layer apart: `conv1/kernel:0`, `model/conv1/kernel:0`. A network inside the model is one
    // layer of the file, in which kernels of many layers stand.
    const isNetwork = new Set(parts.map((part) => part.at(-1))).size < parts.length
    for (const [index, weight] of weights.entries()) {
      const dataset = group?.get(weight) as Dataset | null
      const name = isNetwork ? parts[index]!.slice(-2).join('/') : `${layer}/${parts[index]!.at(-1)!}`
      const tensor = dataset === null ? undefined : toTensor(dataset, `${layer}/${weight}`, budget)
      if (tensor !== undefined) tensors.set(name, tensor)
    }
  }
  return tensors
}

function readKeras3(file: Group, layerNames: ReadonlyMap<string, string>, budget: ReadBudget): Weights {
  const tensors = new Map<string, WeightTensor>()
  let numGroups = 0
  const visit = (group: Group, name: string, depth: number): void => {
    // Groups may link to each other, in circles too.
    if (++numGroups > MAX_GROUPS || depth > MAX_DEPTH)
      throw badWeights('the HDF5 file has too many groups, or groups in a circle')
    for (const key of group.keys()) {
      const child = group.get(key)
      if (!isGroup(child)) continue
      if (key === 'optimizer') continue
      if (key === 'vars') readVariables(child, name, layerNames, { tensors, budget })
      else visit(child, key, depth + 1)
    }
  }
  visit(file, '', 0)
  if (tensors.size === 0)
    throw badWeights('the HDF5 file holds no Keras weights', {
      expected: 'layer_names (Keras 2) or layers/…/vars (Keras 3)',
    })
  return tensors
}

function readVariables(
  vars: Group,
  groupName: string,
  layerNames: ReadonlyMap<string, string>,
  { tensors, budget }: { readonly tensors: Map<string, WeightTensor>; readonly budget: ReadBudget },
): void {
  const keys = vars.keys()
  const variables = VARIABLES[groupName.replace(/_\d+$/, '')]
  if (keys.length === 0 || variables === undefined) return
  const layer = textOf(vars.attrs['name']?.value) ?? layerNames.get(groupName)
  if (layer === undefined) {
    throw badWeights(`the file does not name the layer of "${groupName}"`, {
      hint: 'save the whole model as .keras, or the weights with Keras 3.15 or later',
    })
  }
  for (const [index, name] of variables(keys.length).entries()) {
    const dataset = vars.get(String(index)) as Dataset | null
    const tensor = dataset === null ? undefined : toTensor(dataset, `${groupName}/${index}`, budget)
    if (tensor !== undefined) tensors.set(`${layer}/${name}`, tensor)
  }
}

/** A float dataset; undefined for others, as the count of a Normalization layer. */
function toTensor(dataset: Dataset, name: string, budget: ReadBudget): WeightTensor | undefined {
  const shape = dataset.shape ?? []
  // Before the values are asked for: an HDF5 file may claim any shape, and fills in what it does not hold.
  budget.spend(sizeOf(shape), name)
  const { value } = dataset
  // A scalar is read as a plain number.
  if (typeof value === 'number' && shape.length === 0) return { shape: [], data: Float32Array.of(value) }
  if (!(value instanceof Float32Array) && !(value instanceof Float64Array)) return undefined
  if (value.length !== sizeOf(shape)) throw badWeights(`weight "${name}" does not fill its shape`)
  return { shape: [...shape], data: Float32Array.from(value) }
}

function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && 'keys' in value && typeof value.keys === 'function'
}

function texts(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  // An empty attribute reads as one empty text.
  return list.filter((item): item is string => typeof item === 'string' && item !== '')
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
