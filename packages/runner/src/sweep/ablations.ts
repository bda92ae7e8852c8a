import { isListed, isOmissible, type Cardinality, type PipelineError } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import { edgesInto, type Edge, type Graph } from '../graph/graph.js'
import type { PlacedText } from './read-parts.js'
import type { AblateDeclaration } from './read-sweep.js'
import type { Setting } from './trial.js'

/** Nodes left out, as overrides of the inputs that read them. */
export interface Ablation {
  readonly label: string
  readonly settings: readonly Setting[]
  readonly isAblated: boolean
}

/**
 * The trials of an ablation: each node left out alone, or each kept alone, and one with all of them.
 *
 * A node leaves an input that takes many, or one that is optional. Where it is the only entry, or feeds an input that takes one, what it reads
 * itself is passed on in its place, if that is one thing of the same kind; else it is reported.
 *
 * @param graph - Of the pipeline as it is before anything is varied.
 */
export function ablations(declared: AblateDeclaration, graph: Graph, problems: PipelineError[]): readonly Ablation[] {
  const inputs = readInputs(declared, graph, problems)
  const nodes = declared.nodes.filter((node) => isKnown(node, graph, problems))
  const reading = nodes.filter((node) => isRead(node, inputs, declared, problems))
  const isAlone = declared.mode === 'only-one'
  const trials = reading.flatMap((node): readonly Ablation[] => {
    const left = new Set(
      isAlone ? nodes.filter((other) => other.text !== node.text).map(({ text }) => text) : [node.text],
    )
    const settings = withoutNodes(left, inputs, node, graph, problems)
    if (settings.length === 0) return []
    return [{ label: isAlone ? `only ${node.text}` : `without ${node.text}`, settings, isAblated: true }]
  })
  return declared.baseline ? [{ label: 'all', settings: [], isAblated: false }, ...trials] : trials
}

/** An input with all that feeds it. */
interface Reader {
  readonly node: string
  readonly port: string
  readonly cardinality: Cardinality
  readonly edges: readonly Edge[]
}

/** Inputs of what is wanted, or those that were named. */
function readInputs(declared: AblateDeclaration, graph: Graph, problems: PipelineError[]): readonly Reader[] {
  const needed = neededNodes(graph)
  const all = [...graph.nodes.values()]
    .filter(({ id }) => needed.has(id))
    .flatMap((node) =>
      Object.entries(node.inputs).map(([port, edges]): Reader => ({
        node: node.id,
        port,
        cardinality: node.installed.operation.inputs[port]?.cardinality ?? 'one',
        edges,
      })),
    )
  if (declared.from.length === 0) return all
  return declared.from.flatMap((from) => {
    const found = all.find(({ node, port }) => from.text === `${node}.${port}`)
    if (found && isListed(found.cardinality)) return [found]
    const many = all.filter(({ cardinality }) => isListed(cardinality)).map(({ node, port }) => `${node}.${port}`)
    problems.push(
      problem('ERR_UNKNOWN_PORT', {
        message: `"${from.text.slice(0, 80)}" is not an input that takes many`,
        place: from.place,
        expected: 'node.port of an input of many that what is wanted needs',
        received: from.text.slice(0, 80),
        hint: suggest(from.text, many, 'inputs of many'),
      }),
    )
    return []
  })
}

/** Nodes on the way to what is wanted. */
function neededNodes(graph: Graph): ReadonlySet<string> {
  const needed = new Set(graph.wanted)
  for (const id of needed)
    for (const edge of Object.values(graph.nodes.get(id)?.inputs ?? {}).flat()) needed.add(edge.from.node)
  return needed
}

function isKnown({ text, place }: PlacedText, graph: Graph, problems: PipelineError[]): boolean {
  if (graph.nodes.has(text)) return true
  problems.push(
    problem('ERR_UNKNOWN_NODE', {
      message: `There is no node "${text.slice(0, 80)}" to leave out`,
      place,
      received: text.slice(0, 80),
      hint: suggest(text, graph.nodes.keys(), 'nodes'),
    }),
  )
  return false
}

function isRead(
  { text, place }: PlacedText,
  inputs: readonly Reader[],
  declared: AblateDeclaration,
  problems: PipelineError[],
): boolean {
  if (inputs.some(({ edges }) => edges.some(({ from }) => from.node === text))) return true
  const where = declared.from.map((from) => from.text).join(' or ')
  // An input that does not exist was reported, and nothing can be among its entries.
  if (declared.from.length > 0 && inputs.length === 0) return false
  problems.push(
    problem('ERR_SWEEP', {
      message:
        where === ''
          ? `"${text}" cannot be left out: nothing that is wanted reads it`
          : `"${text}" cannot be left out of ${where}: it is not among the entries`,
      place,
      hint: suggest(
        text,
        new Set(inputs.flatMap(({ edges }) => edges.map(({ from }) => from.node))),
        'nodes that are read',
      ),
    }),
  )
  return false
}

function withoutNodes(
  left: ReadonlySet<string>,
  inputs: readonly Reader[],
  asked: PlacedText,
  graph: Graph,
  problems: PipelineError[],
): readonly Setting[] {
  return inputs.flatMap(({ node, port, cardinality, edges }): readonly Setting[] => {
    const kept = edges.filter(({ from }) => !left.has(from.node))
    if (left.has(node) || kept.length === edges.length) return []
    const path = `${node}.in.${port}`
    const names = kept.map(({ entry }) => entry)
    if (isOmissible(cardinality) || (cardinality === 'many' && names.length > 0)) {
      if (names.every((name) => name !== undefined)) return [{ path, value: names, place: asked.place }]
      problems.push(
        problem('ERR_SWEEP', {
          message: `"${asked.text}" cannot be left out of input "${port}" of "${node}", which an input of its part feeds`,
          place: asked.place,
          node,
          port,
          hint: 'name the input of the part in a grid',
        }),
      )
      return []
    }
    // Nothing else is there: what the node itself reads takes its place, where it is of the same kind.
    const gone = edges.find(({ from }) => left.has(from.node))!
    const passed = passedThrough(gone, left, graph)
    if (passed !== undefined) return [{ path, value: isListed(cardinality) ? [passed] : passed, place: asked.place }]
    problems.push(
      problem('ERR_SWEEP', {
        message:
          cardinality === 'many'
            ? `"${gone.name}" cannot be left out: nothing else feeds input "${port}" of "${node}"`
            : `"${gone.name}" cannot be left out: input "${port}" of "${node}" takes nothing else`,
        place: asked.place,
        node,
        port,
        expected: `a node that reads one ${gone.kind} itself, which can be passed on in its place`,
        received: readsOf(gone, graph),
        hint: `name the input it is to be taken from with "from: node.port", or set ${path} in a grid`,
      }),
    )
    return []
  })
}

/** The reference that stands for a node that is left out: the one thing that it reads of the kind that it gave; `undefined` when there is none. */
function passedThrough(edge: Edge, left: ReadonlySet<string>, graph: Graph): string | undefined {
  const node = graph.nodes.get(edge.from.node)
  // Without a split there is nothing to fit on and nothing to test on.
  if (!node || node.installed.operation.rowPolicy === 'split') return undefined
  const same = edgesInto(node).filter(({ kind }) => kind === edge.kind)
  const [only] = same
  if (!only || same.length > 1) return undefined
  if (left.has(only.from.node)) return passedThrough(only, left, graph)
  // What a part reads has another name outside it.
  const scope = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('.')))
  return scope(only.to.node) === scope(edge.to.node) && typeof only.entry === 'string' ? only.entry : undefined
}

function readsOf({ from, kind }: Edge, graph: Graph): string {
  const node = graph.nodes.get(from.node)
  if (node?.installed.operation.rowPolicy === 'split') return `"${from.node}", which splits`
  const count = node ? edgesInto(node).filter((each) => each.kind === kind).length : 0
  return `"${from.node}", which reads ${count === 0 ? 'none' : String(count)}`
}
