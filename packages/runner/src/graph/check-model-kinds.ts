import type { PipelineError, Spec } from '@etsef/plugin-api'
import { fitsModelType, showModel, showModelType } from '@etsef/plugin-api/semantics'
import { problem } from '../errors.js'
import { edgesInto, type GraphNode } from './graph.js'

type Specs = ReadonlyMap<string, Readonly<Record<string, Spec>>>

/** Models wired into an input that takes other ones: what a classifier saves is no network to start from. */
export function checkModelKinds(
  node: GraphNode,
  nodes: ReadonlyMap<string, GraphNode>,
  specs: Specs,
  problems: PipelineError[],
): void {
  for (const edge of edgesInto(node)) {
    const { models, description } = node.installed.operation.inputs[edge.to.port]!
    const spec = specs.get(edge.from.node)?.[edge.from.port]
    if (!models || !spec || fitsModelType(spec, models)) continue
    const expected = showModelType(models)
    const type = nodes.get(edge.from.node)?.installed.operation.type ?? ''
    const fitting = namesOfModels(
      nodes,
      specs,
      (other) => other.modelKind !== undefined && fitsModelType(other, models),
    )
    problems.push(
      problem('ERR_MODEL_KIND', {
        message: `Input "${edge.to.port}" of node "${node.id}" cannot take the model "${edge.name}"`,
        place: edge.place,
        node: node.id,
        port: edge.to.port,
        expected,
        received: `${showModel(spec)} from output "${edge.from.port}" of "${edge.from.node}" (${type})`,
        hint:
          fitting.length > 0
            ? `did you mean ${fitting.map((name) => `"${name}"`).join(' or ')}?`
            : `wire a model of kind ${expected}: ${description}`,
      }),
    )
  }
}

/** References to the models known so far that fit, at most three. */
function namesOfModels(
  nodes: ReadonlyMap<string, GraphNode>,
  specs: Specs,
  fits: (spec: Spec) => boolean,
): readonly string[] {
  const names: string[] = []
  for (const [id, outputs] of specs) {
    const [first] = Object.keys(nodes.get(id)?.installed.operation.outputs ?? {})
    for (const [port, spec] of Object.entries(outputs))
      if (spec.kind === 'model' && fits(spec)) names.push(port === first ? id : `${id}.${port}`)
  }
  return names.slice(0, 3)
}
