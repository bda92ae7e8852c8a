import type { Operation, PipelineError, Place, Port } from '@etsef/plugin-api'
import { problem, showCycle, suggest } from '../errors.js'
import type { InputDeclaration, NodeDeclaration, Reference } from '../pipeline/read-pipeline.js'

/** An output that a reference names. */
export interface Source {
  readonly name: string
  readonly port: Port
  readonly operation: Operation
}

/** A node uses an operation that no installed package offers. */
export function unknownOperation(
  node: string,
  use: NonNullable<NodeDeclaration['use']>,
  hint: string | undefined,
): PipelineError {
  const shown = use.type.slice(0, 120)
  return problem('ERR_UNKNOWN_OPERATION', {
    message: `Unknown operation "${shown}"`,
    place: use.place,
    node,
    received: shown,
    hint,
  })
}

/** "in" names an input that the operation has not. */
export function unknownInput(
  node: string,
  operation: Operation,
  name: string,
  { place }: InputDeclaration,
): PipelineError {
  const names = Object.keys(operation.inputs)
  return problem('ERR_UNKNOWN_PORT', {
    message: `${operation.type} has no input "${name}"`,
    place,
    node,
    port: name,
    expected: names.join(', ') || 'no inputs',
    received: name,
    hint: suggest(name, names, 'inputs'),
  })
}

/** A reference names an output that the operation has not. */
export function unknownOutput(node: string, reference: Reference, operation: Operation): PipelineError {
  const names = Object.keys(operation.outputs)
  const name = reference.port ?? names[0] ?? ''
  return problem('ERR_UNKNOWN_PORT', {
    message: `Node "${reference.node}" (${operation.type}) has no output "${name}"`,
    place: reference.place,
    node,
    expected: names.join(', ') || 'no outputs',
    received: reference.text,
    hint: suggest(name, names, 'outputs'),
  })
}

/** A reference, or an entry of "outputs", names a node that is not there. @param candidates - Names to suggest from; none are looked at when left out. */
export function unknownNode(
  node: string | undefined,
  reference: Reference,
  candidates: Iterable<string> | undefined,
): PipelineError {
  return problem('ERR_UNKNOWN_NODE', {
    message: `There is no node "${reference.node}"`,
    place: reference.place,
    node,
    received: reference.text,
    hint: candidates && suggest(reference.node, candidates, 'nodes'),
  })
}

/** An input that must be wired is not. */
export function missingInput(
  { id, place }: NodeDeclaration,
  operation: Operation,
  name: string,
  input: InputDeclaration | undefined,
): PipelineError {
  const port = operation.inputs[name]!
  return problem('ERR_MISSING_INPUT', {
    message: `Input "${name}" of node "${id}" (${operation.type}) is not wired`,
    place: input?.place ?? place,
    node: id,
    port: name,
    expected: `${port.kind}: ${port.description}`,
    hint: `add ${name}: <node> to "in"`,
  })
}

/** Names for entries where there is one. */
export function namedReference(node: string, port: string, place: Place): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `Input "${port}" of node "${node}" does not name an output`,
    place,
    node,
    port,
    expected: 'node or node.port',
    received: 'a map; only entries of an input that takes many have names',
  })
}

/** An input for one output got a list. */
export function tooManyReferences(node: string, name: string, input: InputDeclaration): PipelineError {
  return problem('ERR_PORT_KIND', {
    message: `Input "${name}" of node "${node}" takes one output`,
    place: input.place,
    node,
    port: name,
    expected: 'one reference',
    received: `a list of ${String(input.references.length)}`,
  })
}

/** An input lists an output twice. */
export function doubledReference(node: string, port: string, name: string, place: Place): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: `Input "${port}" of node "${node}" lists "${name}" twice`,
    place,
    node,
    port,
    hint: 'remove one of the two',
  })
}

/** An input got an output of another kind. */
export function wrongKind(
  node: string,
  name: string,
  { kind, description }: Port,
  reference: Reference,
  source: Source,
): PipelineError {
  const fitting = Object.entries(source.operation.outputs).find(([, output]) => output.kind === kind)
  return problem('ERR_PORT_KIND', {
    message: `Input "${name}" of node "${node}" cannot take "${reference.text}"`,
    place: reference.place,
    node,
    port: name,
    expected: kind,
    received: `${source.port.kind} from output "${source.name}" of "${reference.node}" (${source.operation.type})`,
    hint: fitting
      ? `did you mean "${reference.node}.${fitting[0]}"?`
      : `wire an output of kind ${kind}: ${description}`,
  })
}

/** Nodes feed each other. @param reference - The one that closes the cycle. */
export function cycleOfNodes(cycle: readonly string[], node: string, place: Place | undefined): PipelineError {
  return problem('ERR_CYCLE', {
    message: `Nodes feed each other: ${showCycle(cycle)}`,
    place,
    node,
    expected: 'no way from a node back to itself',
    received: showCycle(cycle),
    hint: 'one of these references must name another node',
  })
}
