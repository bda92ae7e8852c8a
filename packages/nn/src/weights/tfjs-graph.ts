import { readFile } from 'node:fs/promises'
import type { Weights, WeightTensor } from '../graph/graph.js'
import type { OrderedLayer } from './from-layers.js'
import { readTfjsLayers } from './tfjs-layers.js'
import { badWeights } from '../errors.js'

/** Node of a TF.js graph model's topology, as far as it matters here. */
interface GraphNodeJson {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly epsilon: number
}

const KINDS: Readonly<Record<string, OrderedLayer['kind']>> = {
  Conv2D: 'conv',
  _FusedConv2D: 'conv',
  DepthwiseConv2dNative: 'depthwiseConv',
  FusedDepthwiseConv2dNative: 'depthwiseConv',
  MatMul: 'dense',
  _FusedMatMul: 'dense',
}

/** True when a `model.json` is a graph model (TF.js' other format has layers). */
export async function isTfjsGraphModel(modelJsonPath: string): Promise<boolean> {
  return topologyOf(await readJson(modelJsonPath)) !== undefined
}

/**
 * Layers with weights of a TF.js graph model, in order of execution. Biases, per-channel products and batch norms that follow a
 * layer are folded into it, whether the converter did so or not.
 *
 * @throws PipelineError `ERR_WEIGHTS` when the file is no graph model or a shard is missing.
 */
export async function readTfjsGraph(modelJsonPath: string): Promise<readonly OrderedLayer[]> {
  const nodes = topologyOf(await readJson(modelJsonPath))
  if (nodes === undefined) throw badWeights(`${modelJsonPath} is no TF.js graph model`)
  const { tensors, missing } = await readTfjsLayers(modelJsonPath)
  if (missing.length > 0)
    throw badWeights(`${modelJsonPath}: weights are missing`, { received: missing.slice(0, 5).join(', ') })
  const constants = constantsOf(nodes, tensors)
  const readers = new Map<string, GraphNodeJson[]>()
  for (const node of nodes) for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node])
  return inOrder(nodes).flatMap((node): OrderedLayer[] => {
    const kind = KINDS[node.op]
    const kernel = constants.get(node.inputs[1] ?? '')
    if (kind === undefined || kernel === undefined) return []
    const fusedBias = constants.get(node.inputs[2] ?? '')
    const start = { kernel: kernel.data, bias: fusedBias?.data }
    const { kernel: data, bias } = absorb(node, start, constants, readers)
    const layer = { kind, name: node.inputs[1]!, kernel: { shape: kernel.shape, data } }
    return [bias === undefined ? layer : { ...layer, bias: { shape: [bias.length], data: bias } }]
  })
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch (cause) {
    throw badWeights(`${path} is no TF.js model`, { cause, expected: 'JSON with modelTopology and weightsManifest' })
  }
}

function topologyOf(model: unknown): readonly GraphNodeJson[] | undefined {
  const topology = fieldsOf(fieldsOf(model)['modelTopology'])['node']
  if (!Array.isArray(topology)) return undefined
  return topology.map((value: unknown) => {
    const { name, op, input, attr } = fieldsOf(value)
    const epsilon = fieldsOf(fieldsOf(attr)['epsilon'])['f']
    const inputs = Array.isArray(input) ? input.map(String).filter((item) => !item.startsWith('^')) : []
    return {
      name: String(name),
      op: String(op),
      inputs: inputs.map((item) => item.replace(/:\d+$/, '')),
      epsilon: Number(epsilon ?? 1e-4),
    }
  })
}

/** Constants by name, through `Identity` nodes that stand for variables. */
function constantsOf(nodes: readonly GraphNodeJson[], tensors: Weights): ReadonlyMap<string, WeightTensor> {
  const constants = new Map<string, WeightTensor>(tensors)
  for (const node of inOrder(nodes)) {
    const source = constants.get(node.inputs[0] ?? '')
    if ((node.op === 'Identity' || node.op === 'ReadVariableOp') && source !== undefined)
      constants.set(node.name, source)
  }
  return constants
}

interface Linear {
  readonly kernel: Float32Array
  readonly bias: Float32Array | undefined
}

/** Takes in what follows a layer, as long as it is its only reader and works channel by channel with constants. */
function absorb(
  node: GraphNodeJson,
  start: Linear,
  constants: ReadonlyMap<string, WeightTensor>,
  readers: ReadonlyMap<string, readonly GraphNodeJson[]>,
): Linear {
  let linear = start
  let name = node.name
  for (;;) {
    const [next, ...others] = readers.get(name) ?? []
    const operands = next?.inputs.filter((input) => input !== name).map((input) => constants.get(input)?.data) ?? []
    const first = operands[0]
    if (next === undefined || others.length > 0 || first === undefined) return linear
    if (next.op === 'BiasAdd' || next.op === 'Add' || next.op === 'AddV2')
      linear = affine(linear, new Float32Array(first.length).fill(1), first)
    else if (next.op === 'Mul') linear = affine(linear, first, new Float32Array(first.length))
    else if (
      next.op.startsWith('FusedBatchNorm') &&
      operands.length === 4 &&
      operands.every((operand) => operand !== undefined)
    ) {
      const [gamma, beta, mean, variance] = operands as [Float32Array, Float32Array, Float32Array, Float32Array]
      const scale = gamma.map((value, c) => value / Math.sqrt(variance[c]! + next.epsilon))
      linear = affine(
        linear,
        scale,
        scale.map((value, c) => beta[c]! - mean[c]! * value),
      )
    } else return linear
    name = next.name
  }
}

function affine({ kernel, bias }: Linear, scale: Float32Array, offset: Float32Array): Linear {
  const channels = scale.length
  return {
    kernel: kernel.map((value, i) => value * scale[i % channels]!),
    bias: offset.map((value, c) => (bias?.[c] ?? 0) * scale[c]! + value),
  }
}

/** Nodes with every input before its reader; otherwise in the file's order. */
function inOrder(nodes: readonly GraphNodeJson[]): readonly GraphNodeJson[] {
  const known = new Set(nodes.map((node) => node.name))
  const done = new Set<string>()
  const ordered: GraphNodeJson[] = []
  let waiting: readonly GraphNodeJson[] = nodes
  while (waiting.length > 0) {
    const later: GraphNodeJson[] = []
    for (const node of waiting) {
      if (node.inputs.some((input) => known.has(input) && !done.has(input))) later.push(node)
      else {
        done.add(node.name)
        ordered.push(node)
      }
    }
    if (later.length === waiting.length) throw badWeights('the graph model has a cycle')
    waiting = later
  }
  return ordered
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
