import type { Graph, GraphNode, ParameterSpec, Weights, WeightTensor } from '../graph/graph.js'
import { parametersOfNode } from '../graph/parameters.js'
import { inferShapes } from '../graph/shapes.js'
import { badWeights, listNames } from './weights-error.js'

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
 * @throws PipelineError `ERR_WEIGHTS` that lists backbone parameters the file lacks or has in another shape.
 */
export function fitWeights(graph: Graph, peerNames: Iterable<string>, find: FindParameter): FittedWeights {
  const shapes = inferShapes(graph)
  const weights = new Map<string, WeightTensor>()
  const used = new Set<string>()
  const missing: string[] = []
  const missingHead: string[] = []
  for (const node of graph.nodes) {
    for (const spec of parametersOfNode(node, shapes.get(node.inputs[0]!)!)) {
      const candidate = find(node, spec.name.slice(node.name.length + 1), spec)
      const fits = candidate !== undefined && candidate.tensor.shape.join() === spec.shape.join()
      if (fits) {
        weights.set(spec.name, candidate.tensor)
        used.add(candidate.peerName)
      } else if (node.stage === 'head') {
        missingHead.push(spec.name)
      } else {
        if (candidate !== undefined) throw wrongShape(graph, spec, candidate)
        missing.push(spec.name)
      }
    }
  }
  if (missing.length > 0) {
    throw badWeights(
      `the file lacks ${missing.length} of the weights of ${graph.architecture}: ${listNames(missing)}`,
      {
        expected: listNames(missing, 1),
        received: `${used.size} matching tensors`,
        hint: 'check architecture, width and variant; for a file without its last layers, set `cut` to the last node it has',
      },
    )
  }
  return { weights, missingHead, unused: [...peerNames].filter((name) => !used.has(name)) }
}

function wrongShape(graph: Graph, spec: ParameterSpec, { peerName, tensor }: Candidate): Error {
  return badWeights(`weight "${peerName}" does not fit "${spec.name}" of ${graph.architecture}`, {
    expected: `[${spec.shape.join(', ')}]`,
    received: `[${tensor.shape.join(', ')}]`,
    hint: 'check architecture and width',
  })
}
