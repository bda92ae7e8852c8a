import type { Graph } from '../graph/graph.js'
import { parametersOfNode } from '../graph/parameters.js'
import { inferShapes } from '../graph/shapes.js'

/**
 * Parameters that weight decay and LARS leave alone, by the role they play and not by their names or ranks: scale and offset of batch
 * norms, biases, and everything in a classification head (stage `head`).
 *
 * @see google-research/simclr, `exclude_from_weight_decay`
 */
export function undecayedParameters(graph: Graph): ReadonlySet<string> {
  const shapes = inferShapes(graph)
  const names = new Set<string>()
  for (const node of graph.nodes) {
    for (const { name, shape } of parametersOfNode(node, shapes.get(node.inputs[0]!)!)) {
      const isBias = node.op !== 'batchNorm' && shape.length === 1
      if (node.op === 'batchNorm' || isBias || node.stage === 'head') names.add(name)
    }
  }
  return names
}
