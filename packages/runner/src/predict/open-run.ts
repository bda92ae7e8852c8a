import type { PipelineError } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import { openDigests } from '../registry/open-digests.js'
import { loadRegistry } from '../registry/load-registry.js'
import { probeEngine } from '../run/engine.js'
import { lastRunOf, listRuns, readRunRecord, type RunRecord } from '../run/run-record.js'
import { openArtifact } from '../worker/artifact-input.js'
import { readLineage } from '../worker/lineage.js'
import { fittedGraphOf, type RunPlace } from './fitted-graph-of.js'
import type { FittedGraph } from './fitted-graph.js'
import type { PredictionHost } from './open-fitted-graph.js'
import { calibrateSets, type CalibratedSets } from './prediction-sets.js'
import type { SetKind } from './set-kind.js'
import { openPredictor, type Predictor, type PredictorOptions } from './open-predictor.js'

/** What is opened for prediction, and how. */
export interface OpenRunOptions {
  /** Folder of package.json. */
  readonly root: string
  readonly storeDir: string
  /** Id of a run; `last` for the newest; the path of a pipeline file, as its record has it, for its newest run. */
  readonly run: string
  /** `node` or `node.port` whose answer is wanted. */
  readonly node?: string | undefined
  readonly engine?: string | undefined
  readonly threads?: number
  readonly signal?: AbortSignal
  /** Told what an operation says, and what is not as it was in the run. */
  readonly notice?: (message: string) => void
  readonly onDecoded?: PredictorOptions['onDecoded']
  readonly bounds?: PredictionHost['bounds']
  /** What prediction sets promise; default `marginal`, or what the bundle was made for. */
  readonly sets?: SetKind | undefined
}

/** A run ready to be asked. */
export interface OpenRun {
  readonly record: RunRecord
  readonly place: RunPlace
  readonly predictor: Predictor
  /** sha256 of the pictures that something on the way was fitted on. */
  readonly seen: ReadonlySet<string>
  readonly sets: CalibratedSets
}

/**
 * Opens what a run has fitted, in this process.
 *
 * @throws PipelineError `ERR_BAD_REFERENCE` when there is no such run, `ERR_NOT_REPLAYABLE` where the way to the node cannot be applied.
 */
export async function openRun(options: OpenRunOptions): Promise<OpenRun> {
  const { root, storeDir } = options
  const record = findRun(options.run, storeDir)
  const types = new Set(Object.values(record.stages).map(({ ingredients }) => ingredients.operation))
  const registry = await loadRegistry(root, types)
  const place: RunPlace = { record, storeDir, root, registry }
  const graph = fittedGraphOf(place, options.node)
  for (const message of changesSince(place, graph)) options.notice?.(message)
  const host = await hostFor(place, graph, { ...options, engine: options.engine ?? record.command.engine })
  const seen = seenBy(place, graph)
  const sets = await calibrateSets(place, graph, options.sets)
  const { onDecoded } = options
  const predictor = await openPredictor(graph, host, { seen, sets, ...(onDecoded ? { onDecoded } : {}) })
  return { record, place, predictor, seen, sets }
}

/** What a fitted graph of a run is opened with: its operations, as they are installed here, and this machine's engine. */
export async function hostFor(
  { registry }: Pick<RunPlace, 'registry'>,
  graph: FittedGraph,
  {
    engine: wanted,
    threads = 1,
    signal,
    notice,
    bounds,
  }: Pick<OpenRunOptions, 'engine' | 'threads' | 'signal' | 'notice' | 'bounds'>,
): Promise<PredictionHost> {
  const find = (type: string): ReturnType<typeof registry.find> => registry.find(type)
  const needsEngine = graph.steps.some(({ type }) => find(type)?.operation.engine === 'tensor')
  const engine = needsEngine ? await probeEngine(registry, wanted) : undefined
  if (engine && graph.engine !== undefined && engine.id !== graph.engine)
    notice?.(`the engine is ${engine.id}; the run computed on ${graph.engine}: scores may differ in their last digits`)
  return {
    operation: (type) => find(type)!.operation,
    engine: engine?.name,
    threads,
    bounds,
    signal: signal ?? new AbortController().signal,
    log: (node, level, message) => {
      if (level === 'warn') notice?.(`${node}: ${message}`)
    },
  }
}

/** Pictures that something on the way was fitted on. */
function seenBy({ record, storeDir }: RunPlace, { steps }: FittedGraph): ReadonlySet<string> {
  const seen = new Set<string>()
  for (const { node, state } of steps) {
    if (state === undefined) continue
    for (const id of readLineage(openArtifact(storeDir, record.stages[`${node}:fit`]!.key))) seen.add(id)
  }
  return seen
}

/** The record of a run. @throws PipelineError `ERR_BAD_REFERENCE`. */
export function findRun(wanted: string, storeDir: string): RunRecord {
  const ids = listRuns(storeDir)
  const record =
    wanted === 'last'
      ? ids.map((id) => readRunRecord(storeDir, id)).find((each) => each?.status === 'ok')
      : (readRunRecord(storeDir, wanted) ?? lastRunOf(storeDir, wanted))
  if (record) return record
  throw noRun(wanted, ids)
}

function noRun(wanted: string, ids: readonly string[]): PipelineError {
  return problem('ERR_BAD_REFERENCE', {
    message: wanted === 'last' ? 'No run has ended well yet' : `There is no run "${wanted}"`,
    expected: 'the id of a run of this store, the file of a pipeline that was run, or last',
    hint: /[/\\.]/.test(wanted)
      ? 'run the pipeline first; of a store elsewhere, name it with --store'
      : suggest(wanted, ids, 'runs'),
  })
}

/** Plugins on the way whose code is not the run's. */
function changesSince({ record, registry, root, storeDir }: RunPlace, graph: FittedGraph): readonly string[] {
  const digests = openDigests(root, storeDir, false)
  const nodes = new Set([graph.source.node, ...graph.steps.map(({ node }) => node)])
  const changed = new Set<string>()
  for (const { node, ingredients, plugin } of Object.values(record.stages)) {
    const installed = nodes.has(node) ? registry.find(ingredients.operation) : undefined
    if (installed && digests.of(installed.plugin).digest !== ingredients.implementation) changed.add(plugin)
  }
  return [...changed].map(
    (plugin) => `the code of ${plugin} is not that of the run: what it fitted is applied by other code than fitted it`,
  )
}
