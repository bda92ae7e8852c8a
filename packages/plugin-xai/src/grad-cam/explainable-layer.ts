import { inferShapes, type Graph } from '@etsef/nn'
import { PipelineError } from '@etsef/plugin-api'
import { nearestName } from '@etsef/plugin-api/semantics'

/** A layer whose values are explained, in a network that gives logits. */
export interface ExplainableLayer {
  readonly name: string
  /** `[height, width, channels]`. */
  readonly shape: readonly [number, number, number]
  readonly numClasses: number
  /**
   * Name of the logits' bias when the head over the layer is a global average pool and one dense layer: then the map's sum is
   * logit − bias, which is checked.
   */
  readonly linearBias: string | undefined
}

/**
 * The target layer, checked: the network has logits of rank 2 with one value per class, and the layer is spatial and before them.
 *
 * @param layer - Node name; left out: the last spatial node.
 * @throws PipelineError `ERR_SHAPE_MISMATCH` (no logits, wrong rank or width) or `ERR_BAD_OPTION` (no such spatial layer).
 */
export function explainableLayer(graph: Graph, classNames: readonly string[], layer?: string): ExplainableLayer {
  const shapes = inferShapes(graph)
  const logits = graph.logitsNode === undefined ? undefined : shapes.get(graph.logitsNode)
  if (graph.logitsNode === undefined || logits?.length !== 1) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: `${graph.architecture} gives no logits to explain`,
      port: 'model',
      expected: 'a network with a classification head: logits [batch, classes]',
      received: graph.logitsNode === undefined ? 'a backbone without head' : `[batch, ${(logits ?? []).join(', ')}]`,
      hint: 'take the model of a fine-tuned network, not of a pre-trained backbone',
    })
  }
  if (logits[0] !== classNames.length) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'The network has another number of logits than the class list has names',
      port: 'model',
      expected: String(classNames.length),
      received: String(logits[0]),
    })
  }
  const name = layer ?? graph.lastSpatialNode
  const shape = shapes.get(name)
  const before = ancestorsOf(graph, graph.logitsNode)
  const spatial = graph.nodes.flatMap((node) =>
    before.has(node.name) && shapes.get(node.name)?.length === 3 ? [node.name] : [],
  )
  if (shape?.length !== 3 || !spatial.includes(name)) {
    const near = nearestName(name, spatial)
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `${graph.architecture} has no spatial layer "${name}"`,
      option: 'targetLayer',
      hint: near === undefined ? `its last one is "${graph.lastSpatialNode}"` : `did you mean "${near}"?`,
    })
  }
  return { name, shape: [shape[0]!, shape[1]!, shape[2]!], numClasses: logits[0], linearBias: linearBias(graph, name) }
}

/** The nodes that a node is computed from. */
function ancestorsOf(graph: Graph, name: string): ReadonlySet<string> {
  const found = new Set<string>()
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]))
  const open = [name]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const input of nodes.get(at)?.inputs ?? []) {
      if (found.has(input)) continue
      found.add(input)
      open.push(input)
    }
  }
  return found
}

function linearBias(graph: Graph, layer: string): string | undefined {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]))
  const logits = nodes.get(graph.logitsNode ?? '')
  if (logits?.op !== 'dense') return undefined
  let before = nodes.get(logits.inputs[0]!)
  while (before?.op === 'dropout') before = nodes.get(before.inputs[0]!)
  const isLinear = before?.op === 'globalAvgPool' && before.inputs[0] === layer
  return isLinear && logits.bias ? `${logits.name}/bias` : undefined
}
