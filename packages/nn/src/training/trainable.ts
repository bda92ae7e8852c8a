import type { Graph } from '../graph/graph.js'
import { stagesOf } from '../graph/head.js'
import { parametersOf } from '../graph/parameters.js'
import { badOption, unknownName } from '../errors.js'

/** What of a network learns, and what is frozen. */
export interface TrainablePart {
  /** Nodes that learn; their batch norms run in training mode. */
  readonly nodes: ReadonlySet<string>
  /** Full names of the parameters that learn. */
  readonly parameterNames: readonly string[]
  /** Parameters and buffers that may change: `parameterNames` and the moving statistics of `nodes`. */
  readonly changingNames: readonly string[]
  /** Scalars in `parameterNames`. */
  readonly numTrainable: number
  /** Frozen nodes (or `input`) whose values the learning part reads: they are constants, and can be kept. */
  readonly boundary: readonly string[]
}

/**
 * The part that learns when everything up to and including the stage `freeze` is frozen. `none` freezes nothing; `backbone`
 * freezes all but the head.
 *
 * @throws PipelineError `ERR_BAD_OPTION` for an unknown stage (the known ones are listed), or when nothing would be left to learn.
 */
export function trainablePart(graph: Graph, freeze: string): TrainablePart {
  const stages = stagesOf(graph)
  const frozenStages = new Set(stages.slice(0, lastFrozen(graph, stages, freeze) + 1))
  const nodes = new Set(graph.nodes.filter((node) => !frozenStages.has(node.stage)).map((node) => node.name))
  const changing = parametersOf(graph).filter(({ name }) => nodes.has(name.slice(0, name.lastIndexOf('/'))))
  const learning = changing.filter((parameter) => parameter.trainable)
  if (learning.length === 0) {
    throw badOption('freeze', `freeze: ${freeze} leaves nothing of ${graph.architecture} to train`, {
      expected: ['none', ...stages.slice(0, -1)].join(', '),
      received: freeze,
    })
  }
  const boundary = new Set<string>()
  for (const node of graph.nodes) {
    if (nodes.has(node.name)) for (const input of node.inputs) if (!nodes.has(input)) boundary.add(input)
  }
  return {
    nodes,
    parameterNames: learning.map(({ name }) => name),
    changingNames: changing.map(({ name }) => name),
    numTrainable: learning.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    boundary: [...boundary],
  }
}

function lastFrozen(graph: Graph, stages: readonly string[], freeze: string): number {
  if (freeze === 'none') return -1
  if (freeze === 'backbone') return stages.at(-1) === 'head' ? stages.length - 2 : stages.length - 1
  const index = stages.indexOf(freeze)
  if (index < 0) {
    throw unknownName({ what: `stage of ${graph.architecture}`, name: freeze, known: stages, option: 'freeze' })
  }
  return index
}
