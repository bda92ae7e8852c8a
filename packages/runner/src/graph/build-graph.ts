import type { PipelineError } from '@etsef/plugin-api'
import { suggest } from '../errors.js'
import { noMemo, type Memo } from '../memo.js'
import { yamlLimits } from '../pipeline/limits.js'
import type { NodeDeclaration, PipelineDocument } from '../pipeline/read-pipeline.js'
import type { GraphNode, InstalledOperation } from './graph.js'
import { cycleOfNodes, unknownOperation } from './graph-problems.js'
import { withPrimaryMetric } from './primary-metric.js'
import { readOptions } from './read-options.js'
import { topologicalOrder, type Upstream } from './topological-order.js'
import { checkReferences, reportUnknownNode, wireNode, type Declarations, type Surroundings } from './wire-node.js'

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
  /** Nodes that each node reads, as often as it names them. */
  readonly upstream: Upstream
  readonly wanted: readonly string[]
  /** Things worth saying that are no problem. */
  readonly notices: readonly string[]
}

/** Nodes and edges of a pipeline; operations, options, references, port kinds and cycles are checked, and every problem is reported. */
export function buildGraph(
  document: PipelineDocument,
  operations: OperationIndex,
  problems: PipelineError[],
  memo: Memo = noMemo,
): BuiltGraph {
  const notices: string[] = []
  const declarations = new Map(document.nodes.map((node) => [node.id, node]))
  const installedByNode = new Map<string, InstalledOperation>()
  for (const node of document.nodes) {
    const installed = findOperation(node, operations, problems)
    if (installed) installedByNode.set(node.id, installed)
  }
  const surroundings = { declarations, operations: installedByNode, problems }
  const nodes = new Map<string, GraphNode>()
  const upstream = new Map(
    document.nodes.map((node) => [node.id, memo.of(['upstream', node.id, node], () => producersOf(node, memo))]),
  )
  for (const written of document.nodes) {
    const installed = installedByNode.get(written.id)
    const numProblems = problems.length
    const producers = upstream.get(written.id)!.map((id) => installedByNode.get(id))
    const built = memo.of(
      // With the declaration, what its inputs are of is all that a node is made of.
      ['graph node', written.id, written, installed, document.primaryMetric, ...producers],
      () => buildNode(written, installed, document, surroundings),
      () => problems.length === numProblems,
    )
    if (!built) continue
    notices.push(...built.notices)
    nodes.set(written.id, built.node)
  }
  const { order, cycles } = memo.of(['order', ...upstream.values()], () => topologicalOrder(upstream))
  for (const cycle of cycles) reportCycle(cycle, declarations, problems)
  const wanted = findWanted(document, declarations, upstream, nodes, problems)
  return { nodes, order, upstream, wanted, notices }
}

/** Nodes that a node reads, as often as it names them. Lists that are equal are one: the order of nodes depends on nothing else. */
function producersOf({ inputs }: NodeDeclaration, memo: Memo): readonly string[] {
  const producers = [...inputs.values()].flatMap(({ references }) => references.map(({ node }) => node))
  return memo.of(['producers', ...producers], () => producers)
}

function buildNode(
  written: NodeDeclaration,
  installed: InstalledOperation | undefined,
  { primaryMetric }: PipelineDocument,
  surroundings: Surroundings,
): { readonly node: GraphNode; readonly notices: readonly string[] } | undefined {
  const { declarations, problems } = surroundings
  const node = installed ? withPrimaryMetric(written, installed.operation, primaryMetric) : written
  const known = installed && wireNode(node, installed, surroundings)
  // With hundreds of problems nothing will be planned, and checking options that are wrong is slow.
  if (installed && known && problems.length > 5 * yamlLimits.problems) return undefined
  if (installed && known) {
    const notices: string[] = []
    return { node: { ...known, options: readOptions(node, installed.operation, problems, notices) }, notices }
  }
  checkReferences(node, declarations, problems)
  return undefined
}

function findOperation(
  { id, use }: NodeDeclaration,
  operations: OperationIndex,
  problems: PipelineError[],
): InstalledOperation | undefined {
  if (!use) return undefined
  const installed = operations.find(use.type)
  if (installed) return installed
  const shown = use.type.slice(0, 120)
  const namespace = shown.split('/')[0]!
  const types = [...operations.types()]
  const isInstalled = types.some((type) => type.startsWith(`${namespace}/`))
  const install = `add the package that brings "${namespace}/…" to the dependencies of package.json`
  // Each suggestion looks at every operation.
  const near = problems.length < yamlLimits.problems ? suggest(shown, types, 'operations') : ''
  const hint =
    operations.whyMissing?.(use.type) ?? (isInstalled || near.startsWith('did you mean') ? near || undefined : install)
  problems.push(unknownOperation(id, use, hint))
  return undefined
}

function reportCycle(cycle: readonly string[], declarations: Declarations, problems: PipelineError[]): void {
  const first = cycle[0]!
  const second = cycle[1] ?? first
  const reader = declarations.get(second)
  const reference = [...(reader?.inputs.values() ?? [])]
    .flatMap((input) => input.references)
    .find((each) => each.node === first)
  problems.push(cycleOfNodes(cycle, second, reference?.place ?? reader?.place))
}

function findWanted(
  document: PipelineDocument,
  declarations: Declarations,
  upstream: ReadonlyMap<string, readonly string[]>,
  nodes: ReadonlyMap<string, GraphNode>,
  problems: PipelineError[],
): readonly string[] {
  if (document.outputs) {
    return document.outputs.flatMap((reference) => {
      if (declarations.has(reference.node)) return [reference.node]
      reportUnknownNode(undefined, reference, declarations, problems)
      return []
    })
  }
  const read = new Set([...upstream.values()].flat())
  // A report is made to be read by people, also where a page reads it.
  const isReport = (id: string): boolean => nodes.get(id)?.installed.operation.kind === 'report'
  return document.nodes.filter(({ id }) => !read.has(id) || isReport(id)).map(({ id }) => id)
}
