import { noLogits } from '../errors.js'
import type { Graph } from './graph.js'

/** Classes that a network tells apart. @throws PipelineError when it has no logits. */
export function numLogits(graph: Graph): number {
  const node = graph.nodes.find(({ name }) => name === graph.logitsNode)
  if (node?.op !== 'dense') throw noLogits(graph.architecture)
  return node.units
}
