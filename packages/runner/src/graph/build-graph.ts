import type { PipelineError, JsonObject, Operation, Place, Port } from '@etsef/plugin-api'
import { problem, showCycle, suggest } from '../errors.js'
import { yamlLimits } from '../pipeline/limits.js'
import { describeValue, findAt, isBroken, toPlain, type Located, type LocatedMap } from '../pipeline/located.js'
import { overrideFile } from '../pipeline/overrides.js'
import type { InputDeclaration, NodeDeclaration, PipelineDocument, Reference } from '../pipeline/read-pipeline.js'
import { checkOptions, type OptionIssue, type Schema } from '@etsef/plugin-api/semantics'
import type { Edge, GraphNode, InstalledOperation } from './graph.js'
import { withPrimaryMetric } from './primary-metric.js'
import { topologicalOrder } from './topological-order.js'

/** Finds operations by type. */
export interface OperationIndex {
  find(type: string): InstalledOperation | undefined
  types(): Iterable<string>
  /** Why an operation may be missing that was once there. */
  whyMissing?(type: string): string | undefined
}

/** What {@link buildGraph} makes. */
export interface BuiltGraph {
  /** Nodes whose operation is known, wired as far as their references hold. */
  readonly nodes: ReadonlyMap<string, GraphNode>
  /** Producers first; without nodes on a cycle. */
  readonly order: readonly string[]
  readonly wanted: readonly string[]
  /** Things worth saying that are no problem. */
  readonly notices: readonly string[]
}

/** Nodes and edges of a pipeline; operations, options, references, port kinds and cycles are checked, and every problem is reported. */
export function buildGraph(
  document: PipelineDocument,
  operations: OperationIndex,
  problems: PipelineError[],
): BuiltGraph {
  const notices: string[] = []
  const declarations = new Map(document.nodes.map((node) => [node.id, node]))
  const found = new Map<string, InstalledOperation>()
  for (const node of document.nodes) {
    const installed = findOperation(node, operations, problems)
    if (installed) found.set(node.id, installed)
  }
  const nodes = new Map<string, GraphNode>()
  for (const written of document.nodes) {
    const installed = found.get(written.id)
    const node = installed ? withPrimaryMetric(written, installed.operation, document.primaryMetric) : written
    const known = installed && wire(node, installed, declarations, found, problems)
    // With hundreds of problems nothing will be planned, and checking options that are wrong is slow.
    if (installed && known && problems.length > 5 * yamlLimits.problems) continue
    if (installed && known)
      nodes.set(node.id, { ...known, options: readOptions(node, installed.operation, problems, notices) })
    else checkReferences(node, declarations, problems)
  }
  const upstream = new Map(
    document.nodes.map((node) => [
      node.id,
      [...node.inputs.values()].flatMap((input) => input.references.map((reference) => reference.node)),
    ]),
  )
  const { order, cycles } = topologicalOrder(upstream)
  for (const cycle of cycles) reportCycle(cycle, declarations, problems)
  const wanted = findWanted(document, declarations, upstream, problems)
  return { nodes, order, wanted, notices }
}

function findOperation(
  node: NodeDeclaration,
  operations: OperationIndex,
  problems: PipelineError[],
): InstalledOperation | undefined {
  if (!node.use) return undefined
  const installed = operations.find(node.use.type)
  if (installed) return installed
  const shown = node.use.type.slice(0, 120)
  const namespace = shown.split('/')[0]!
  const types = [...operations.types()]
  const isInstalled = types.some((type) => type.startsWith(`${namespace}/`))
  const install = `add the package that brings "${namespace}/…" to the dependencies of package.json`
  // Each suggestion looks at every operation.
  const near = problems.length < yamlLimits.problems ? suggest(shown, types, 'operations') : ''
  problems.push(
    problem('ERR_UNKNOWN_OPERATION', {
      message: `Unknown operation "${shown}"`,
      place: node.use.place,
      node: node.id,
      received: shown,
      hint:
        operations.whyMissing?.(node.use.type) ??
        (isInstalled || near.startsWith('did you mean') ? near || undefined : install),
    }),
  )
  return undefined
}

function readOptions(
  node: NodeDeclaration,
  operation: Operation,
  problems: PipelineError[],
  notices: string[],
): JsonObject {
  const options = node.isUseOverridden ? dropForeignOptions(node, operation, notices) : node.options
  const checked = checkOptions(operation.options as Schema, toPlain(options))
  for (const issue of checked.issues.slice(0, yamlLimits.problems)) {
    if (!isBroken(findAt(options, issue.path).value)) problems.push(optionProblem(node, options, issue))
  }
  return checked.value as JsonObject
}

/** When the command line swaps the operation, options that only the written one knows are left out, and said so. */
function dropForeignOptions(node: NodeDeclaration, operation: Operation, notices: string[]): LocatedMap {
  const properties = (operation.options as Schema)['properties'] as Schema | undefined
  const entries = [...node.options.entries].filter(([key, entry]) => {
    const isKnown = entry.place.file === overrideFile || (properties !== undefined && Object.hasOwn(properties, key))
    if (!isKnown) notices.push(`node "${node.id}": option "${key}" is left out, ${operation.type} has no such option`)
    return isKnown
  })
  return { ...node.options, entries: new Map(entries) }
}

function optionProblem(node: NodeDeclaration, options: LocatedMap, issue: OptionIssue): PipelineError {
  const path = issue.key === undefined ? issue.path : [...issue.path, issue.key]
  const option = path.join('/')
  const at = findAt(options, issue.path)
  const type = node.use?.type ?? ''
  if (issue.kind === 'missing') {
    const place = options.entries.size > 0 ? at.place : node.place
    return problem('ERR_MISSING_OPTION', {
      message: `Option "${option}" of node "${node.id}" (${type}) is missing`,
      place,
      node: node.id,
      option,
      expected: issue.expected,
      hint: `add ${issue.key ?? ''}: … to "with"`,
    })
  }
  if (issue.kind === 'unknown') {
    const key = issue.key ?? ''
    const place = at.value.kind === 'map' ? (at.value.entries.get(key)?.place ?? at.place) : at.place
    const hint = suggest(key, issue.candidates ?? [], 'options')
    return problem('ERR_UNKNOWN_KEY', {
      message: `Option "${option}" of node "${node.id}" is not known to ${type}`,
      place,
      node: node.id,
      option,
      expected: issue.expected,
      received: key,
      hint,
    })
  }
  const received = at.found ? describeValue(at.value) : undefined
  const hint = optionHint(issue, at.value, node.use?.type ?? '')
  const code = issue.kind === 'type' ? 'ERR_WRONG_TYPE' : 'ERR_BAD_OPTION'
  return problem(code, {
    message: `Option "${option}" of node "${node.id}" (${type}) ${issue.message}`,
    place: at.place,
    node: node.id,
    option,
    expected: issue.expected,
    received,
    hint,
  })
}

function optionHint(issue: OptionIssue, value: Located, type: string): string {
  const text = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
  if (issue.candidates && issue.candidates.length > 0 && text !== undefined)
    return suggest(text, issue.candidates, 'values')
  const isQuoted = text !== undefined && text.trim() !== '' && /number|true or false/.test(issue.expected)
  if (isQuoted && (Number.isFinite(Number(text)) || text === 'true' || text === 'false'))
    return `write ${text} without quotes`
  return `etsef plugins info ${type} lists the options`
}

type Declarations = ReadonlyMap<string, NodeDeclaration>

function wire(
  node: NodeDeclaration,
  installed: InstalledOperation,
  declarations: Declarations,
  found: ReadonlyMap<string, InstalledOperation>,
  problems: PipelineError[],
): Omit<GraphNode, 'options'> | undefined {
  if (!node.use) return undefined
  const { operation } = installed
  const inputs: Record<string, readonly Edge[]> = {}
  for (const [name, input] of node.inputs) {
    const port = Object.hasOwn(operation.inputs, name) ? operation.inputs[name] : undefined
    if (port) continue
    const names = Object.keys(operation.inputs)
    problems.push(
      problem('ERR_UNKNOWN_PORT', {
        message: `${operation.type} has no input "${name}"`,
        place: input.place,
        node: node.id,
        port: name,
        expected: names.join(', ') || 'no inputs',
        received: name,
        hint: suggest(name, names, 'inputs'),
      }),
    )
    for (const reference of input.references) resolveReference(node, reference, declarations, found, problems)
  }
  for (const [name, port] of Object.entries(operation.inputs)) {
    const input = node.inputs.get(name)
    if (!input || input.references.length === 0) {
      if (port.cardinality !== 'optional' && (!input || input.isEmpty))
        problems.push(missingInput(node, installed, name, port, input))
      continue
    }
    if (port.cardinality !== 'many' && input.references.length > 1) {
      problems.push(
        problem('ERR_PORT_KIND', {
          message: `Input "${name}" of node "${node.id}" takes one output`,
          place: input.place,
          node: node.id,
          port: name,
          expected: 'one reference',
          received: `a list of ${String(input.references.length)}`,
        }),
      )
    }
    inputs[name] = input.references.flatMap((reference) => {
      const source = resolveReference(node, reference, declarations, found, problems)
      if (!source) return []
      if (source.port.kind !== port.kind) {
        problems.push(wrongKind(node, name, port, reference, source))
        return []
      }
      const isFirst = source.name === Object.keys(source.operation.outputs)[0]
      const edgeName = isFirst ? reference.node : `${reference.node}.${source.name}`
      return [
        {
          from: { node: reference.node, port: source.name },
          to: { node: node.id, port: name },
          kind: port.kind,
          name: edgeName,
          place: reference.place,
        },
      ]
    })
    reportDoubledReferences(node, name, inputs[name], problems)
  }
  const options = node.options
  return {
    id: node.id,
    place: node.place,
    usePlace: node.use.place,
    installed,
    inputs,
    placeOfOption: (path) => {
      const at = findAt(options, path)
      return at.found ? at.place : options.entries.size > 0 ? at.place : node.place
    },
    placeOfInput: (port) => node.inputs.get(port)?.references[0]?.place ?? node.inputs.get(port)?.place ?? node.place,
  }
}

function reportDoubledReferences(
  node: NodeDeclaration,
  port: string,
  edges: readonly Edge[],
  problems: PipelineError[],
): void {
  const seen = new Set<string>()
  for (const edge of edges) {
    if (seen.has(edge.name))
      problems.push(
        problem('ERR_BAD_REFERENCE', {
          message: `Input "${port}" of node "${node.id}" lists "${edge.name}" twice`,
          place: edge.place,
          node: node.id,
          port,
          hint: 'remove one of the two',
        }),
      )
    seen.add(edge.name)
  }
}

function missingInput(
  node: NodeDeclaration,
  { operation }: InstalledOperation,
  name: string,
  port: Port,
  input: InputDeclaration | undefined,
): PipelineError {
  return problem('ERR_MISSING_INPUT', {
    message: `Input "${name}" of node "${node.id}" (${operation.type}) is not wired`,
    place: input?.place ?? node.place,
    node: node.id,
    port: name,
    expected: `${port.kind}: ${port.description}`,
    hint: `add ${name}: <node> to "in"`,
  })
}

interface Source {
  readonly name: string
  readonly port: Port
  readonly operation: Operation
}

function resolveReference(
  node: NodeDeclaration,
  reference: Reference,
  declarations: Declarations,
  found: ReadonlyMap<string, InstalledOperation>,
  problems: PipelineError[],
): Source | undefined {
  if (!declarations.has(reference.node)) {
    problems.push(unknownNode(node.id, reference, declarations, problems))
    return undefined
  }
  const operation = found.get(reference.node)?.operation
  if (!operation) return undefined
  const names = Object.keys(operation.outputs)
  const name = reference.port ?? names[0]
  const port = name !== undefined && Object.hasOwn(operation.outputs, name) ? operation.outputs[name] : undefined
  if (name !== undefined && port) return { name, port, operation }
  problems.push(
    problem('ERR_UNKNOWN_PORT', {
      message: `Node "${reference.node}" (${operation.type}) has no output "${name ?? ''}"`,
      place: reference.place,
      node: node.id,
      expected: names.join(', ') || 'no outputs',
      received: reference.text,
      hint: suggest(name ?? '', names, 'outputs'),
    }),
  )
  return undefined
}

function unknownNode(
  node: string | undefined,
  reference: Reference,
  declarations: Declarations,
  problems: readonly PipelineError[],
): PipelineError {
  return problem('ERR_UNKNOWN_NODE', {
    message: `There is no node "${reference.node}"`,
    place: reference.place,
    node,
    received: reference.text,
    // Each suggestion looks at every node.
    hint: problems.length < yamlLimits.problems ? suggest(reference.node, declarations.keys(), 'nodes') : undefined,
  })
}

function wrongKind(
  node: NodeDeclaration,
  name: string,
  port: Port,
  reference: Reference,
  source: Source,
): PipelineError {
  const fitting = Object.entries(source.operation.outputs).find(([, output]) => output.kind === port.kind)
  return problem('ERR_PORT_KIND', {
    message: `Input "${name}" of node "${node.id}" cannot take "${reference.text}"`,
    place: reference.place,
    node: node.id,
    port: name,
    expected: port.kind,
    received: `${source.port.kind} from output "${source.name}" of "${reference.node}" (${source.operation.type})`,
    hint: fitting
      ? `did you mean "${reference.node}.${fitting[0]}"?`
      : `wire an output of kind ${port.kind}: ${port.description}`,
  })
}

/** References of a node whose operation is not known can still name nodes that do not exist. */
function checkReferences(node: NodeDeclaration, declarations: Declarations, problems: PipelineError[]): void {
  for (const input of node.inputs.values()) {
    for (const reference of input.references) {
      if (!declarations.has(reference.node)) problems.push(unknownNode(node.id, reference, declarations, problems))
    }
  }
}

function reportCycle(cycle: readonly string[], declarations: Declarations, problems: PipelineError[]): void {
  const first = cycle[0]!
  const second = cycle[1] ?? first
  const reader = declarations.get(second)
  const reference = [...(reader?.inputs.values() ?? [])]
    .flatMap((input) => input.references)
    .find((each) => each.node === first)
  const place: Place | undefined = reference?.place ?? reader?.place
  problems.push(
    problem('ERR_CYCLE', {
      message: `Nodes feed each other: ${showCycle(cycle)}`,
      place,
      node: second,
      expected: 'no way from a node back to itself',
      received: showCycle(cycle),
      hint: 'one of these references must name another node',
    }),
  )
}

function findWanted(
  document: PipelineDocument,
  declarations: Declarations,
  upstream: ReadonlyMap<string, readonly string[]>,
  problems: PipelineError[],
): readonly string[] {
  if (document.outputs) {
    return document.outputs.flatMap((reference) => {
      if (declarations.has(reference.node)) return [reference.node]
      problems.push(unknownNode(undefined, reference, declarations, problems))
      return []
    })
  }
  const read = new Set([...upstream.values()].flat())
  return document.nodes.filter((node) => !read.has(node.id)).map((node) => node.id)
}
