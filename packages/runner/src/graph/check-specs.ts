import { canonicalJson, isListed, isRowKind, type IssueDetails, type PipelineError, type Spec } from '@etsef/plugin-api'
import { doesDraw, knownOfModels } from '@etsef/plugin-api/semantics'
import { createHash } from 'node:crypto'
import { asError, problem } from '../errors.js'
import { noMemo, type Memo } from '../memo.js'
import { mapsAsLists } from '../pipeline/located.js'
import { checkLeakage } from './check-leakage.js'
import { checkModelKinds } from './check-model-kinds.js'
import { edgesInto, type Ancestry, type GraphNode } from './graph.js'
import type { Upstream } from './topological-order.js'

/** Specs of a node's outputs by port. */
export type NodeSpecs = Readonly<Record<string, Spec>>

/** What {@link checkSpecs} is given. */
export interface SpecInputs {
  readonly nodes: ReadonlyMap<string, GraphNode>
  /** Producers first. */
  readonly order: readonly string[]
  /** Nodes that each node reads. */
  readonly upstream: Upstream
  /** Run seed: two splits of equal definition are one split. */
  readonly seed: string | number
  /** A content-path option as an absolute path. */
  resolve(path: string): string
  /** What operations want said about a node. */
  notice(message: string): void
  /** What other variants of the same pipeline were made of. */
  readonly memo?: Memo | undefined
}

/** What is known of a graph before anything runs. */
export interface CheckedSpecs {
  readonly specs: ReadonlyMap<string, NodeSpecs>
  readonly ancestries: ReadonlyMap<string, Ancestry>
}

/** Predicts every output's spec in order, asking each operation; what cannot work, or leaks, is reported. */
export function checkSpecs(inputs: SpecInputs, problems: PipelineError[]): CheckedSpecs {
  const { memo = noMemo, seed } = inputs
  const specs = new Map<string, NodeSpecs>()
  const ancestries = new Map<string, KnownNode>()
  const broken = new Set(problems.map((error) => error.node))
  for (const id of inputs.order) {
    const node = inputs.nodes.get(id)
    if (!node) continue
    const producers = inputs.upstream.get(id) ?? []
    const above = producers.map((producer) => ancestries.get(producer))
    const own = memo.of(['known node', id, seed, node, ...above], () => knownNode(node, ancestries, seed))
    ancestries.set(id, own)
    const numProblems = problems.length
    const isFine = (): boolean => !broken.has(id) && problems.length === numProblems
    const checked =
      own.checked ??
      memo.of(
        // What a node reads tells whether it is right, of most nodes.
        ['checked', id, node, looksFurther(node) ? own : undefined, ...producers.map((each) => specs.get(each))],
        () => checkNode(own, specs, inputs, broken.has(id), problems),
        isFine,
      )
    if (isFine()) own.checked = checked
    specs.set(id, checked.specs)
    for (const message of checked.notices) inputs.notice(message)
  }
  return { specs, ancestries }
}

/** What is found of a node by what it reads. */
interface CheckedNode {
  readonly specs: NodeSpecs
  readonly notices: readonly string[]
}

/** A node with all that is upstream of it. */
interface KnownNode extends Ancestry {
  /** See {@link definitionOf}. */
  readonly definition: () => string
  /** What was found, where nothing was wrong. */
  checked?: CheckedNode
}

function knownNode(node: GraphNode, ancestries: ReadonlyMap<string, KnownNode>, seed: string | number): KnownNode {
  const above = new Map(edgesInto(node).map(({ from }) => [from.node, ancestries.get(from.node)?.definition]))
  let definition: string | undefined
  // Few nodes are asked for it.
  return { node, definition: () => (definition ??= definitionOf(node, above, seed)) }
}

/** Whether it depends on more than the specs of its inputs what a node gives, or whether it is right. */
function looksFurther(node: GraphNode): boolean {
  const { kind, rowPolicy } = node.installed.operation
  return kind === 'source' || rowPolicy === 'split' || edgesInto(node).some((edge) => edge.kind === 'predictor')
}

function checkNode(
  { node, definition }: KnownNode,
  specs: ReadonlyMap<string, NodeSpecs>,
  inputs: SpecInputs,
  isBroken: boolean,
  problems: PipelineError[],
): CheckedNode {
  const { memo = noMemo } = inputs
  const notices: string[] = []
  checkClassLists(node, specs, problems)
  checkModelKinds(node, inputs.nodes, specs, problems)
  checkLeakage(node, inputs.nodes, specs, problems)
  const notice = (message: string): void => void notices.push(message)
  const predicted = isBroken ? {} : askOperation(node, specs, { ...inputs, notice }, problems)
  const complete = completeSpecs(node, specs, predicted, definition)
  // Specs that say the same are one object: what reads them is checked once.
  const isShared = memo !== noMemo
  const own = isShared ? memo.of(['specs', JSON.stringify(complete, mapsAsLists)], () => complete) : complete
  return { specs: own, notices }
}

/** A hash of what a node is, its inputs' included: equal definitions make equal splits. */
function definitionOf(
  node: GraphNode,
  above: ReadonlyMap<string, (() => string) | undefined>,
  seed: string | number,
): string {
  const inputs = edgesInto(node).map((edge) => [
    edge.to.port,
    edge.from.port,
    above.get(edge.from.node)?.() ?? edge.from.node,
  ])
  const { operation } = node.installed
  const { options } = node
  const seedOf = doesDraw(operation, options) ? { seed: node.seed ?? seed } : {}
  const text = canonicalJson({ type: operation.type, options, ...seedOf, inputs })
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

type Predicted = Readonly<Record<string, Omit<Spec, 'kind' | 'splitIds'> | undefined>>

function askOperation(
  node: GraphNode,
  specs: ReadonlyMap<string, NodeSpecs>,
  inputs: SpecInputs,
  problems: PipelineError[],
): Predicted {
  const { operation, plugin } = node.installed
  const issue = (at: string, message: string, details: IssueDetails = {}): void => {
    problems.push(specProblem(node, at, message, details))
  }
  const notice = (message: string): void => {
    inputs.notice(`node "${node.id}": ${message}`)
  }
  try {
    if (operation.kind === 'source')
      return (
        operation.inspect?.({ options: node.options, resolve: (path) => inputs.resolve(path), issue, notice }) ??
        operation.plan?.({ options: node.options, inputs: {}, issue, notice }) ??
        {}
      )
    return operation.plan?.({ options: node.options, inputs: inputSpecs(node, specs), issue, notice } as never) ?? {}
  } catch (thrown) {
    const error = asError(thrown)
    const message = `${operation.type} (${plugin.packageName} ${plugin.version}) failed while planning node "${node.id}": ${error.message}`
    problems.push(
      problem('ERR_PLUGIN', {
        message,
        place: node.usePlace,
        node: node.id,
        cause: error,
        hint: 'this is a mistake in the plugin; report it to its authors',
      }),
    )
    return {}
  }
}

function specProblem(node: GraphNode, at: string, message: string, { code, ...details }: IssueDetails): PipelineError {
  if (at.startsWith('in:')) {
    const port = at.slice(3)
    return problem(code ?? 'ERR_SHAPE_MISMATCH', {
      message: `Node "${node.id}", input "${port}": ${message}`,
      place: node.placeOfInput(port),
      node: node.id,
      port,
      ...details,
    })
  }
  const place = node.placeOfOption(at.split(/[/.]/))
  return problem('ERR_BAD_OPTION', {
    message: `Node "${node.id}", option "${at}": ${message}`,
    place,
    node: node.id,
    option: at,
    ...details,
  })
}

/** Specs at the inputs in the form `plan` reads: one, perhaps one, or named values. */
export function inputSpecs(node: GraphNode, specs: ReadonlyMap<string, NodeSpecs>): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, port] of Object.entries(node.installed.operation.inputs)) {
    const edges = node.inputs[name] ?? []
    const values = edges.map((edge) => ({
      name: edge.name,
      value: specs.get(edge.from.node)?.[edge.from.port] ?? { kind: port.kind },
    }))
    result[name] = isListed(port.cardinality)
      ? values
      : (values[0]?.value ?? (port.cardinality === 'optional' ? undefined : { kind: port.kind }))
  }
  return result
}

/** Spec of the input whose rows the outputs have. */
function rowsSpec(node: GraphNode, specs: ReadonlyMap<string, NodeSpecs>): Spec | undefined {
  const { operation } = node.installed
  const port =
    operation.rows ??
    Object.keys(operation.inputs).find((name) => isRowKind(operation.inputs[name]!.kind) && node.inputs[name])
  const edge = port === undefined ? undefined : node.inputs[port]?.[0]
  return edge && specs.get(edge.from.node)?.[edge.from.port]
}

function completeSpecs(
  node: GraphNode,
  specs: ReadonlyMap<string, NodeSpecs>,
  predicted: Predicted,
  definition: () => string,
): NodeSpecs {
  const { operation } = node.installed
  const rows = rowsSpec(node, specs)
  const keepsRows =
    operation.kind === 'map' ||
    operation.kind === 'estimator' ||
    (operation.kind === 'combine' && (operation.rowPolicy ?? 'same') === 'same')
  const keepsColumns = operation.kind === 'combine' && (operation.rowPolicy ?? 'same') !== 'same'
  const isSplit = operation.kind === 'combine' && operation.rowPolicy === 'split'
  const rowInputs = edgesInto(node).filter((edge) => isRowKind(edge.kind))
  const upstream = rowInputs.flatMap((edge) => specs.get(edge.from.node)?.[edge.from.port]?.splitIds ?? [])
  const complete: Record<string, Spec> = {}
  for (const [name, port] of Object.entries(operation.outputs)) {
    const own = predicted[name]
    if (!isRowKind(port.kind)) {
      complete[name] = { ...knownOfModels(port.models), ...withoutUndefined(own ?? {}), kind: port.kind }
      continue
    }
    const inherited: Omit<Spec, 'kind'> = {
      classNames: rows?.classNames,
      partitions: isSplit ? undefined : rows?.partitions,
      attributes: sharedAttributes(rowInputs.map((edge) => specs.get(edge.from.node)?.[edge.from.port])),
      numSamples:
        (keepsRows && rowInputs.length === 1) || operation.kind === 'map' || operation.kind === 'estimator' || isSplit
          ? rows?.numSamples
          : undefined,
      // Rows that are only parted, dropped or copied keep their columns.
      numFeatures: keepsColumns && port.kind === rows?.kind ? rows.numFeatures : undefined,
      isAugmented: operation.rowPolicy === 'expand' ? true : rows?.isAugmented,
      ...(port.kind === 'images' && {
        isRandom: operation.isRandom ?? rows?.isRandom,
        channels: rows?.channels,
      }),
    }
    const spec = { ...inherited, ...withoutUndefined(own ?? {}) }
    const isPartitioned = spec.partitions?.some((partition) => partition !== 'none') ?? false
    const ownSplit = isSplit || (operation.kind === 'source' && isPartitioned) ? [definition()] : []
    complete[name] = { ...spec, kind: port.kind, splitIds: [...new Set([...upstream, ...ownSplit])].sort() }
  }
  return complete
}

/** Attributes that all rows have, whichever input they come from; undefined where inputs differ or do not say. */
function sharedAttributes(inputs: readonly (Spec | undefined)[]): Spec['attributes'] {
  const [first, ...others] = inputs.map((spec) => spec?.attributes)
  return others.every((names) => names?.join('\u0000') === first?.join('\u0000')) ? first : undefined
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T
}

/** Rows that meet in one operation must be of one task. */
function checkClassLists(node: GraphNode, specs: ReadonlyMap<string, NodeSpecs>, problems: PipelineError[]): void {
  const { kind, joins } = node.installed.operation
  if (kind !== 'combine' && !joins) return
  let first: { readonly name: string; readonly classNames: readonly string[] } | undefined
  for (const edge of edgesInto(node)) {
    const classNames = specs.get(edge.from.node)?.[edge.from.port]?.classNames
    if (!classNames || !isRowKind(edge.kind)) continue
    first ??= { name: edge.name, classNames }
    if (first.classNames.join('\u0000') === classNames.join('\u0000')) continue
    problems.push(
      problem('ERR_CLASS_LIST', {
        message: `Node "${node.id}" joins "${first.name}" and "${edge.name}", whose class lists differ`,
        place: edge.place,
        node: node.id,
        port: edge.to.port,
        expected: `[${first.classNames.join(', ')}]`,
        received: `[${classNames.join(', ')}]`,
        hint: 'join rows of one task, or map the classes first',
      }),
    )
  }
}
