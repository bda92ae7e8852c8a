import { isRowKind, type Partition, type PipelineError, type Spec } from '@etsef/plugin-api'
import { problem } from '../errors.js'
import { checkPredictors } from './check-predictors.js'
import { edgesInto, type Edge, type GraphNode } from './graph.js'

type Specs = ReadonlyMap<string, Readonly<Record<string, Spec>>>
type Nodes = ReadonlyMap<string, GraphNode>

/** Refuses wirings in which test rows could reach what is fitted, with the path that leaks. */
export function checkLeakage(node: GraphNode, nodes: Nodes, specs: Specs, problems: PipelineError[]): void {
  checkDownstreamOfReport(node, nodes, problems)
  checkPredictors(node, nodes, problems)
  if (node.installed.operation.kind === 'estimator') checkFit(node, specs, problems)
  if (node.installed.operation.joins) checkJoin(node, nodes, specs, problems)
  if (node.installed.operation.kind !== 'combine') return
  checkModelOfCombine(node, problems)
  if (node.installed.operation.rowPolicy === 'split') checkSplit(node, nodes, specs, problems)
  checkJoin(node, nodes, specs, problems)
}

function specAt(edge: Edge, specs: Specs): Spec | undefined {
  return specs.get(edge.from.node)?.[edge.from.port]
}

function checkDownstreamOfReport(node: GraphNode, nodes: Nodes, problems: PipelineError[]): void {
  if (node.installed.operation.kind === 'report') return
  for (const edge of edgesInto(node)) {
    if (nodes.get(edge.from.node)?.installed.operation.kind !== 'report') continue
    problems.push(
      problem('ERR_LEAKAGE', {
        message: `Node "${node.id}" reads the report "${edge.from.node}", which has seen the labels of the test rows`,
        place: edge.place,
        node: node.id,
        port: edge.to.port,
        hint: 'only reports can read reports',
      }),
    )
  }
}

function checkFit(node: GraphNode, specs: Specs, problems: PipelineError[]): void {
  const { operation } = node.installed
  const fitOn: readonly Partition[] = operation.fitOn ?? []
  const forbidden = fitOn.filter((partition) => partition !== 'train' && partition !== 'val')
  if (forbidden.length > 0) {
    problems.push(
      problem('ERR_LEAKAGE', {
        message: `Operation "${operation.type}" is declared to be fitted on ${forbidden.join(' and ')} rows`,
        place: node.usePlace,
        node: node.id,
        expected: 'fitOn: train, val or both',
        received: `fitOn: ${fitOn.join(', ')}`,
        hint: `nothing may learn from test rows: use another operation, or ask the authors of ${node.installed.plugin.packageName}`,
      }),
    )
    return
  }
  const edge = operation.rows === undefined ? undefined : node.inputs[operation.rows]?.[0]
  const others = operation.joins
    ? []
    : edgesInto(node).filter(({ to }) => operation.inputs[to.port]?.cardinality === 'any')
  const unsplit = [...(edge ? [edge] : []), ...others].filter((each) => isUnsplit(specAt(each, specs)))
  for (const each of unsplit) {
    const message = `Node "${node.id}" (${operation.type}) would be fitted on rows that no split has parted`
    problems.push(
      problem('ERR_LEAKAGE', {
        place: each.place,
        node: node.id,
        port: each.to.port,
        message,
        expected: `rows with partition ${fitOn.join(' or ')}`,
        received: `rows of "${each.name}" without partitions`,
        hint: 'put a split (data/split) between the source and this node; to ask a fitted pipeline about new pictures, etsef predict',
      }),
    )
  }
  const partitions = edge && specAt(edge, specs)?.partitions
  if (!partitions || unsplit.includes(edge)) return
  const at = { place: edge.place, node: node.id, port: edge.to.port }
  const isFittable =
    operation.fitsWithoutRows === true ||
    (fitOn.some((partition) => partitions.includes(partition)) &&
      (!fitOn.includes('train') || partitions.includes('train')))
  if (isFittable) return
  const message = `Node "${node.id}" (${operation.type}) is fitted on ${fitOn.join(' and ')} rows, and "${edge.name}" has none`
  problems.push(
    problem('ERR_MISSING_INPUT', {
      ...at,
      message,
      expected: fitOn.join(', '),
      received: partitions.join(', '),
      hint: `give the split a share of ${fitOn.join(' and ')} rows`,
    }),
  )
}

function isUnsplit(spec: Spec | undefined): boolean {
  return spec?.partitions?.every((partition) => partition === 'none') ?? false
}

/** A combine that makes a model is shown train and val rows only, so it has no test rows to give. */
function checkModelOfCombine(node: GraphNode, problems: PipelineError[]): void {
  const { operation, plugin } = node.installed
  const ports = Object.entries(operation.outputs)
  const model = ports.find(([, { kind }]) => kind === 'model')
  const rows = ports.find(([, { kind }]) => isRowKind(kind))
  if (!model || !rows) return
  problems.push(
    problem('ERR_LEAKAGE', {
      message: `Operation "${operation.type}" is a combine that makes a model and gives rows: it could learn from the test rows that it gives`,
      place: node.usePlace,
      node: node.id,
      expected: 'an estimator, which learns in fit and gives rows in apply; or two operations',
      received: `outputs "${model[0]}" (model) and "${rows[0]}" (${rows[1].kind})`,
      hint: `ask the authors of ${plugin.packageName}`,
    }),
  )
}

function checkSplit(node: GraphNode, nodes: Nodes, specs: Specs, problems: PipelineError[]): void {
  for (const edge of edgesInto(node)) {
    const spec = specAt(edge, specs)
    if (!spec || !isRowKind(edge.kind)) continue
    const at = { place: edge.place, node: node.id, port: edge.to.port }
    const path = pathTo(
      edge,
      nodes,
      (each) => each.installed.operation.rowPolicy === 'expand' || each.installed.operation.rowPolicy === 'split',
    )
    if (spec.isAugmented) {
      const message = `Node "${node.id}" splits rows after augmentation: copies of one image could fall on both sides`
      problems.push(
        problem('ERR_LEAKAGE', { ...at, message, received: path, hint: 'split first, then augment the train rows' }),
      )
    } else if (spec.partitions && !spec.partitions.includes('none')) {
      const message = `Node "${node.id}" splits rows that are split already`
      problems.push(
        problem('ERR_LEAKAGE', {
          ...at,
          message,
          expected: 'rows without partition',
          received: `${path} with partitions ${spec.partitions.join(', ')}`,
          hint: 'keep one of the two splits',
        }),
      )
    }
  }
}

function checkJoin(node: GraphNode, nodes: Nodes, specs: Specs, problems: PipelineError[]): void {
  const edges = edgesInto(node).filter((edge) => isRowKind(edge.kind))
  const [first] = edges
  const firstSplits = first && specAt(first, specs)?.splitIds
  if (!firstSplits) return
  for (const edge of edges.slice(1)) {
    const splits = specAt(edge, specs)?.splitIds
    if (!splits || splits.join() === firstSplits.join()) continue
    const isSplitter = (each: GraphNode): boolean =>
      each.installed.operation.rowPolicy === 'split' || each.installed.operation.kind === 'source'
    problems.push(
      problem('ERR_LEAKAGE', {
        message: `Node "${node.id}" joins rows of different splits: a test row of one is a train row of the other`,
        place: edge.place,
        node: node.id,
        port: edge.to.port,
        expected: `the split of ${pathTo(first, nodes, isSplitter)} → ${node.id}`,
        received: `${pathTo(edge, nodes, isSplitter)} → ${node.id}`,
        hint: 'take all inputs of the join from one split; to ask a fitted pipeline about new pictures, etsef predict',
      }),
    )
  }
}

/** The nodes that the rows of an edge came through, from the nearest one that fits down to the edge, for messages: `split → tl`. */
function pathTo(edge: Edge, nodes: Nodes, isStart: (node: GraphNode) => boolean): string {
  const path = [edge.from.node]
  for (let node = nodes.get(edge.from.node); node && !isStart(node);) {
    const { operation } = node.installed
    const port = operation.rows ?? Object.keys(operation.inputs).find((name) => isRowKind(operation.inputs[name]!.kind))
    const next: Edge | undefined = port === undefined ? undefined : node.inputs[port]?.[0]
    if (!next || path.includes(next.from.node)) break
    path.unshift(next.from.node)
    node = nodes.get(next.from.node)
  }
  return path.join(' → ')
}
