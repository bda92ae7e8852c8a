import type { BuiltArchitecture, PeerNames } from '../architectures/graph-builder.js'
import type { Graph, GraphNode, Weights, WeightTensor } from '../graph/graph.js'
import { type FittedWeights, fitWeights } from './fit-weights.js'

/** Prefixes that training scripts put before every key. */
const WRAPPER = /^(module|model|backbone|encoder|net)\./

/**
 * A graph's weights from a PyTorch state dict with torchvision's or timm's keys (whichever fits more). Kernels are transposed to
 * our layout: OIHW to HWIO, depthwise `[C, 1, H, W]` to `[H, W, C, 1]`, linear `[out, in]` to `[in, out]`.
 */
export function weightsFromTorch(
  graph: Graph,
  state: Weights,
  names: Pick<BuiltArchitecture, 'torchvisionNames' | 'timmNames'>,
): FittedWeights {
  const tensors = unwrap(state)
  const peerNames =
    hits(tensors, names.torchvisionNames) >= hits(tensors, names.timmNames) ? names.torchvisionNames : names.timmNames
  return fitWeights(graph, state, (node, parameter) => {
    const found = tensors.get(`${peerNames.get(node.name) ?? node.name}.${torchParameter(node, parameter)}`)
    return (
      found && {
        peerName: found.key,
        tensor: parameter === 'kernel' ? kernelFromTorch(node, found.tensor) : found.tensor,
      }
    )
  })
}

interface Keyed {
  readonly key: string
  readonly tensor: WeightTensor
}

function unwrap(state: Weights): ReadonlyMap<string, Keyed> {
  const keys = [...state.keys()]
  const wrapped =
    keys.length > 0 && keys.every((key) => WRAPPER.exec(key)?.[0] === WRAPPER.exec(keys[0]!)?.[0])
      ? (WRAPPER.exec(keys[0]!)?.[0].length ?? 0)
      : 0
  return new Map(keys.map((key) => [key.slice(wrapped), { key, tensor: state.get(key)! }]))
}

function hits(tensors: ReadonlyMap<string, Keyed>, names: PeerNames): number {
  let count = 0
  for (const module of names.values()) if (tensors.has(`${module}.weight`)) count++
  return count
}

function torchParameter(node: GraphNode, parameter: string): string {
  switch (parameter) {
    case 'kernel':
    case 'gamma':
      return 'weight'
    case 'beta':
      return 'bias'
    case 'movingMean':
      return 'running_mean'
    case 'movingVariance':
      return 'running_var'
    default:
      return parameter
  }
}

/** A PyTorch kernel in our layout. */
function kernelFromTorch(node: GraphNode, tensor: WeightTensor): WeightTensor {
  const { shape, data } = tensor
  const out = new Float32Array(data.length)
  if (node.op === 'dense') {
    // Also [out, in, 1, 1]: a 1x1 convolution used as classifier.
    const [units, inputs] = [shape[0]!, shape[1]!]
    if (shape.length < 2 || units * inputs !== data.length) return tensor
    for (let o = 0; o < units; o++) for (let i = 0; i < inputs; i++) out[i * units + o] = data[o * inputs + i]!
    return { shape: [inputs, units], data: out }
  }
  if (shape.length !== 4) return tensor
  const [first, second, height, width] = shape as [number, number, number, number]
  const area = height * width
  // Reads in order; writes stride by the number of outputs.
  let from = 0
  for (let o = 0; o < first; o++) {
    for (let i = 0; i < second; i++) {
      let to = i * first + o
      for (let k = 0; k < area; k++, to += second * first) out[to] = data[from++]!
    }
  }
  return {
    shape: node.op === 'depthwiseConv' ? [height, width, first, second] : [height, width, second, first],
    data: out,
  }
}
