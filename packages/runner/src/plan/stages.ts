import {
  canonicalJson,
  isListed,
  isRowKind,
  type JsonObject,
  type PortKind,
  type Resources,
  type Spec,
} from '@etsef/plugin-api'
import { doesDraw } from '@etsef/plugin-api/semantics'
import { hash } from 'node:crypto'
import { resourcesOf } from '../graph/check-resources.js'
import { nodesBehind, rowOutput } from '../graph/check-predictors.js'
import { edgesInto, type Edge, type Graph, type GraphNode, type InstalledPlugin } from '../graph/graph.js'
import { formatVersion, type StagePart } from '../store/manifest.js'

/** An input of a stage: an output of another stage. */
export interface StageInput {
  readonly port: string
  /** As the operation sees it at a many-port. */
  readonly name: string
  readonly kind: PortKind
  readonly output: string
  /** Stage that makes it. */
  readonly stage: string
}

/** What a key is made of; kept in the run record for `explain`. */
export interface Ingredients {
  readonly operation: string
  readonly part: StagePart
  readonly cacheVersion: number
  readonly format: number
  readonly implementation: string
  /** Content paths replaced by digests of the content. */
  readonly options: JsonObject
  /** Left out where nothing is drawn. */
  readonly seed?: string
  readonly engine?: string
  readonly inputs: Readonly<Record<string, readonly (readonly string[])[]>>
  readonly state?: string
}

/** One unit of work, of caching and of execution. */
export interface Stage {
  /** `node`, or `node:fit` and `node:apply` of an estimator. */
  readonly id: string
  readonly node: string
  readonly part: StagePart
  readonly key: string
  readonly ingredients: Ingredients
  readonly inputs: readonly StageInput[]
  /** Stage that fits what this one applies. */
  readonly fitStage: string | undefined
  /** Output ports this stage makes. */
  readonly outputs: readonly string[]
  readonly specs: Readonly<Record<string, Spec>>
  /** Options for the operation: content paths absolute. */
  readonly options: JsonObject
  readonly type: string
  readonly plugin: InstalledPlugin
  readonly resources: Resources
  readonly needsEngine: boolean
}

/** What {@link buildStages} needs to know of the world. */
export interface StageContext {
  readonly seed: string | number
  implementationDigest(plugin: InstalledPlugin): string
  /** Options with content paths as digests, and as absolute paths. */
  content(node: GraphNode): { readonly keyed: JsonObject; readonly absolute: JsonObject }
  /** Id of the tensor engine, asked for once, when an operation computes on it. */
  readonly engineId: string | undefined
}

/** Stage that makes an output of a node. */
function producerOf(node: GraphNode, port: string): string {
  const { operation } = node.installed
  if (operation.kind !== 'estimator') return node.id
  return isRowKind(operation.outputs[port]!.kind) ? `${node.id}:apply` : `${node.id}:fit`
}

/** The stages of a graph with their keys, producers first. */
export function buildStages(graph: Graph, order: readonly string[], context: StageContext): ReadonlyMap<string, Stage> {
  const stages = new Map<string, Stage>()
  for (const id of order) {
    const node = graph.nodes.get(id)
    if (!node) continue
    for (const stage of buildNodeStages(node, graph, stages, context)) stages.set(stage.id, stage)
  }
  return stages
}

/**
 * The stages of one node with their keys.
 *
 * @param stages - Of the nodes upstream.
 */
export function buildNodeStages(
  node: GraphNode,
  graph: Pick<Graph, 'nodes' | 'specs'>,
  stages: ReadonlyMap<string, Stage>,
  context: StageContext,
): readonly Stage[] {
  const content = context.content(node)
  const implementation = context.implementationDigest(node.installed.plugin)
  const parts = new Map<string, Stage>()
  for (const part of partsOf(node)) {
    const stage = buildStage({ node, part, graph, stages, parts, content, implementation, context })
    parts.set(stage.id, stage)
  }
  return [...parts.values()]
}

/**
 * What a predictor is made of: the rows of its node first, whose key tells how all that is on the way is wired; then every fitted state and
 * model that is applied.
 */
function predictorStages({ from }: Edge, graph: Pick<Graph, 'nodes'>): readonly Pick<StageInput, 'output' | 'stage'>[] {
  const port = rowOutput(graph.nodes.get(from.node)!)
  const target = { output: port, stage: producerOf(graph.nodes.get(from.node)!, port) }
  const fitted = nodesBehind({ node: from.node, port }, graph.nodes).flatMap(({ node }) => {
    const { kind } = node.installed.operation
    if (kind === 'estimator') return [{ output: '', stage: `${node.id}:fit` }]
    const models = edgesInto(node).filter((edge) => edge.kind === 'model')
    return kind === 'source'
      ? [{ output: '', stage: node.id }]
      : models.map((edge) => ({
          output: edge.from.port,
          stage: producerOf(graph.nodes.get(edge.from.node)!, edge.from.port),
        }))
  })
  return [target, ...fitted]
}

function predictsOnTensors({ kind, from }: Edge, graph: Pick<Graph, 'nodes'>): boolean {
  if (kind !== 'predictor') return false
  const port = rowOutput(graph.nodes.get(from.node)!)
  return nodesBehind({ node: from.node, port }, graph.nodes).some(
    ({ node }) => node.installed.operation.engine === 'tensor',
  )
}

function partsOf(node: GraphNode): readonly StagePart[] {
  const { operation } = node.installed
  if (operation.kind !== 'estimator') return ['run']
  return Object.values(operation.outputs).some((port) => isRowKind(port.kind)) ? ['fit', 'apply'] : ['fit']
}

/** What a stage is made of. */
interface StageParts {
  readonly node: GraphNode
  readonly part: StagePart
  readonly graph: Pick<Graph, 'nodes' | 'specs'>
  /** Of the nodes upstream. */
  readonly stages: ReadonlyMap<string, Stage>
  /** Of the node itself, made before this one. */
  readonly parts: ReadonlyMap<string, Stage>
  readonly content: ReturnType<StageContext['content']>
  readonly implementation: string
  readonly context: StageContext
}

/** One stage with its key. */
function buildStage({ node, part, graph, stages, parts, content, implementation, context }: StageParts): Stage {
  const { operation, plugin } = node.installed
  const { keyed, absolute } = content
  const inputs = edgesInto(node).flatMap((edge): readonly StageInput[] => {
    const common = { port: edge.to.port, name: edge.name, kind: edge.kind }
    if (edge.kind === 'predictor') return predictorStages(edge, graph).map((producer) => ({ ...common, ...producer }))
    const stage = producerOf(graph.nodes.get(edge.from.node)!, edge.from.port)
    return [{ ...common, output: edge.from.port, stage }]
  })
  const keysOfInputs: Record<string, string[][]> = {}
  for (const input of inputs) {
    const entry = [stages.get(input.stage)!.key, input.output]
    // The name at a many-port is seen by the operation, so it is part of what it computes on.
    if (isListed(operation.inputs[input.port]!.cardinality)) entry.push(input.name)
    ;(keysOfInputs[input.port] ??= []).push(entry)
  }
  const fitStage = part === 'apply' ? `${node.id}:fit` : undefined
  const ingredients: Ingredients = {
    operation: operation.type,
    part,
    cacheVersion: operation.cacheVersion,
    format: formatVersion,
    implementation,
    options: keyed,
    ...(doesDraw(operation, node.options) ? { seed: seedOf(node.seed ?? context.seed, operation.type, keyed) } : {}),
    ...(operation.engine && context.engineId !== undefined ? { engine: context.engineId } : {}),
    inputs: keysOfInputs,
    ...(fitStage === undefined ? {} : { state: parts.get(fitStage)!.key }),
  }
  const outputs = Object.keys(operation.outputs).filter(
    (port) => part === 'run' || isRowKind(operation.outputs[port]!.kind) === (part === 'apply'),
  )
  return {
    id: part === 'run' ? node.id : `${node.id}:${part}`,
    node: node.id,
    part,
    key: hash('sha256', canonicalJson(ingredients)),
    ingredients,
    inputs,
    fitStage,
    outputs,
    specs: Object.fromEntries(
      outputs.flatMap((port) => {
        const spec = graph.specs.get(node.id)?.[port]
        return spec ? [[port, spec]] : []
      }),
    ),
    options: absolute,
    type: operation.type,
    plugin,
    resources: resourcesOf(node, graph.specs),
    needsEngine: operation.engine === 'tensor' || edgesInto(node).some((edge) => predictsOnTensors(edge, graph)),
  }
}

/** A seed of the run's or the node's seed and the stage's own definition: what else is in the pipeline does not matter. */
function seedOf(runSeed: string | number, type: string, options: JsonObject): string {
  return hash('sha256', canonicalJson([runSeed, type, options])).slice(0, 32)
}
