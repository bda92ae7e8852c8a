import { isListed, isOmissible, isRowKind, type PipelineError } from '@etsef/plugin-api'
import { yamlLimits } from '../pipeline/limits.js'
import { findAt } from '../pipeline/located.js'
import type { NodeDeclaration, Reference } from '../pipeline/read-pipeline.js'
import { predictorPort } from './check-predictors.js'
import type { Edge, GraphNode, InstalledOperation } from './graph.js'
import {
  doubledReference,
  missingInput,
  namedReference,
  tooManyReferences,
  unknownInput,
  unknownNode,
  unknownOutput,
  wrongKind,
  type Source,
} from './graph-problems.js'

/** Nodes as they are written, by name. */
export type Declarations = ReadonlyMap<string, NodeDeclaration>

/** What a node is wired against. */
export interface Surroundings {
  readonly declarations: Declarations
  /** Operations of the nodes that name an installed one. */
  readonly operations: ReadonlyMap<string, InstalledOperation>
  readonly problems: PipelineError[]
}

/** A node with the edges into it, as far as its references hold; what does not is reported. */
export function wireNode(
  node: NodeDeclaration,
  installed: InstalledOperation,
  surroundings: Surroundings,
): Omit<GraphNode, 'options'> | undefined {
  if (!node.use) return undefined
  const { operation } = installed
  const { problems } = surroundings
  for (const [name, input] of node.inputs) {
    if (Object.hasOwn(operation.inputs, name)) continue
    problems.push(unknownInput(node.id, operation, name, input))
    for (const reference of input.references) resolveReference(node.id, reference, surroundings)
  }
  const inputs: Record<string, readonly Edge[]> = {}
  for (const [name, port] of Object.entries(operation.inputs)) {
    const input = node.inputs.get(name)
    if (!input || input.references.length === 0) {
      if (!isOmissible(port.cardinality) && (!input || input.isEmpty))
        problems.push(missingInput(node, operation, name, input))
      continue
    }
    if (!isListed(port.cardinality) && input.namedAt) problems.push(namedReference(node.id, name, input.namedAt))
    else if (!isListed(port.cardinality) && input.references.length > 1)
      problems.push(tooManyReferences(node.id, name, input))
    inputs[name] = input.references.flatMap((reference) => {
      const source = resolveReference(node.id, reference, surroundings)
      if (!source) return []
      if (source.port.kind !== port.kind) {
        problems.push(wrongKind(node.id, name, port, reference, source))
        return []
      }
      return [
        {
          from: { node: reference.node, port: source.name },
          to: { node: node.id, port: name },
          kind: port.kind,
          name: edgeName(reference, source),
          entry: entryOf(reference, edgeName(reference, source)),
          place: reference.place,
        },
      ]
    })
    reportDoubledReferences(node.id, name, inputs[name], problems)
  }
  const { options } = node
  return {
    id: node.id,
    place: node.place,
    usePlace: node.use.place,
    installed,
    seed: node.seed,
    inputs,
    placeOfOption: (path) => {
      const at = findAt(options, path)
      return at.found ? at.place : options.entries.size > 0 ? at.place : node.place
    },
    placeOfInput: (port) => node.inputs.get(port)?.references[0]?.place ?? node.inputs.get(port)?.place ?? node.place,
  }
}

/** References of a node whose operation is not known can still name nodes that do not exist. */
export function checkReferences(node: NodeDeclaration, declarations: Declarations, problems: PipelineError[]): void {
  for (const input of node.inputs.values()) {
    for (const reference of input.references) {
      if (!declarations.has(reference.node)) reportUnknownNode(node.id, reference, declarations, problems)
    }
  }
}

/** Each suggestion looks at every node: past the first problems of a text none is made. */
export function reportUnknownNode(
  node: string | undefined,
  reference: Reference,
  declarations: Declarations,
  problems: PipelineError[],
): void {
  const candidates = problems.length < yamlLimits.problems ? declarations.keys() : undefined
  problems.push(unknownNode(node, reference, candidates))
}

function edgeName(reference: Reference, { name, operation }: Source): string {
  const { node, shown = node } = reference
  return reference.name ?? (name === Object.keys(operation.outputs)[0] ? shown : `${shown}.${name}`)
}

/** An entry of the input's list that names this output alone, under the same name. */
function entryOf(reference: Reference, name: string): Edge['entry'] {
  const path = 'path' in reference ? reference.path : reference.text
  if (path === undefined) return undefined
  return path === reference.text && reference.name === undefined ? path : { [name]: path }
}

function reportDoubledReferences(node: string, port: string, edges: readonly Edge[], problems: PipelineError[]): void {
  const seen = new Set<string>()
  for (const { name, place } of edges) {
    if (seen.has(name)) problems.push(doubledReference(node, port, name, place))
    seen.add(name)
  }
}

function resolveReference(
  node: string,
  reference: Reference,
  { declarations, operations, problems }: Surroundings,
): Source | undefined {
  if (!declarations.has(reference.node)) {
    reportUnknownNode(node, reference, declarations, problems)
    return undefined
  }
  const operation = operations.get(reference.node)?.operation
  if (!operation) return undefined
  const name = reference.port ?? Object.keys(operation.outputs)[0]
  const port = name !== undefined && Object.hasOwn(operation.outputs, name) ? operation.outputs[name] : undefined
  if (name !== undefined && port) return { name, port, operation }
  if (name === predictorPort && Object.values(operation.outputs).some(({ kind }) => isRowKind(kind)))
    return { name, port: { kind: 'predictor', cardinality: 'one', description: 'its fitted sub-graph' }, operation }
  problems.push(unknownOutput(node, reference, operation))
  return undefined
}
