import type { Graph, GraphNode, ParameterSpec, Weights, WeightTensor } from '../graph/graph.js'
import { parametersOfNode } from '../graph/parameters.js'
import { inferShapes } from '../graph/shapes.js'
import { badWeights } from '../errors.js'
import { listNames } from './list-names.js'

/** Weights found for a network in a published file. */
export interface FittedWeights {
  /** By our full parameter names. The whole backbone is there; parameters of the head only where name and shape fit. */
  readonly weights: Weights
  /** Head parameters the file does not give; the caller draws them. */
  readonly missingHead: readonly string[]
  /** Names in the file that were not used. */
  readonly unused: readonly string[]
}

/** One candidate: the peer's name and the tensor in our layout. */
export interface Candidate {
  readonly peerName: string
  readonly tensor: WeightTensor
}

/** Looks up a node's parameter among the peer's tensors, and converts its layout. */
export type FindParameter = (node: GraphNode, parameter: string, spec: ParameterSpec) => Candidate | undefined

/**
 * Takes every parameter of a graph from a file.
 *
 * @param peers - Every tensor of the file under the peer's name.
 * @throws PipelineError `ERR_WEIGHTS` that names the first backbone parameter the file lacks or has in another shape, with both shapes, and the first
 *   weight that is not finite, or a variance below zero.
 */
export function fitWeights(
  graph: Graph,
  peers: Iterable<readonly [string, Pick<WeightTensor, 'shape'>]>,
  find: FindParameter,
): FittedWeights {
  const shapes = inferShapes(graph)
  const weights = new Map<string, WeightTensor>()
  const used = new Set<string>()
  const missing: ParameterSpec[] = []
  const missingHead: string[] = []
  for (const node of graph.nodes) {
    for (const spec of parametersOfNode(node, shapes.get(node.inputs[0]!)!)) {
      const candidate = find(node, spec.name.slice(node.name.length + 1), spec)
      const fits = candidate !== undefined && candidate.tensor.shape.join() === spec.shape.join()
      if (fits) {
        refuseValues(graph, spec, candidate)
        weights.set(spec.name, candidate.tensor)
        used.add(candidate.peerName)
      } else if (node.stage === 'head') {
        missingHead.push(spec.name)
      } else {
        if (candidate !== undefined) throw wrongShape(graph, spec, candidate)
        missing.push(spec)
      }
    }
  }
  const unused = [...peers].filter(([name]) => !used.has(name))
  if (missing.length > 0) throw lacking(graph, missing, used.size, unused)
  return { weights, missingHead, unused: unused.map(([name]) => name) }
}

function lacking(
  graph: Graph,
  missing: readonly ParameterSpec[],
  numUsed: number,
  unused: readonly (readonly [string, Pick<WeightTensor, 'shape'>])[],
): Error {
  const [first] = missing
  const [other] = unused
  const names = listNames(missing.map(({ name }) => name))
  return badWeights(`the file lacks ${missing.length} of the weights of ${graph.architecture}: ${names}`, {
    expected: `"${first!.name}" ${showShape(first!.shape)}`,
    received: `${numUsed} tensors that fit${other === undefined ? '' : ` and ${unused.length} that do not, such as "${other[0]}" ${showShape(other[1].shape)}`}`,
    hint: 'check architecture, width and variant; for a file without its last layers, set `cut` to the last node it has',
  })
}

function wrongShape(graph: Graph, spec: ParameterSpec, { peerName, tensor }: Candidate): Error {
  return badWeights(`weight "${peerName}" does not fit "${spec.name}" of ${graph.architecture}`, {
    expected: showShape(spec.shape),
    received: showShape(tensor.shape),
    hint: 'check architecture and width',
  })
}

/** Nothing that a network computes with such weights is a number. */
function refuseValues(graph: Graph, spec: ParameterSpec, { peerName, tensor: { data } }: Candidate): void {
  const least = spec.name.endsWith('/movingVariance') ? 0 : -Number.MAX_VALUE
  let at = 0
  while (at < data.length && data[at]! >= least && data[at]! < Infinity) at++
  if (at === data.length) return
  throw badWeights(
    `weight "${peerName}" for "${spec.name}" of ${graph.architecture} holds ${data[at]} at position ${at}`,
    {
      expected: least === 0 ? 'finite numbers of 0 and more' : 'finite numbers',
      received: String(data[at]),
      hint: 'the training that wrote the file has diverged, or the file is damaged',
    },
  )
}

/** A shape as messages print it: `[3, 3, 3, 32]`. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}
