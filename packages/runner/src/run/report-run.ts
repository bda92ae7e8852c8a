import {
  canonicalJson,
  isOmissible,
  type Json,
  type JsonObject,
  type Operation,
  type ComparedRuns,
  type ReportTable,
  type RunDifference,
  type RunFacts,
} from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureFolder } from '../ensure-folder.js'
import { AttemptFailed } from '../executor/attempt-failed.js'
import { createWorkerPool } from '../executor/worker-pool.js'
import type { SpecInput } from '../executor/protocol.js'
import type { InstalledOperation } from '../graph/graph.js'
import { drawSvg } from '../graph/draw-svg.js'
import { loadRegistry } from '../registry/load-registry.js'
import { formatVersion, type Manifest } from '../store/manifest.js'
import { openStore, storeFolders, type Store } from '../store/store.js'
import { drawnNodes, gatherFacts } from './gather-facts.js'
import { openDigests } from '../registry/open-digests.js'
import { runDifferences } from './run-differences.js'
import { loneStageSpec, loneStageWorker } from './lone-stage.js'
import { noReportsLeft, noRunReport, unknownReport } from './run-problems.js'
import { readRunRecord, runDir, type RunRecord } from './run-record.js'

/** What to make of a run. */
export interface ReportRequest {
  /** The run, or the runs that are compared. */
  readonly records: readonly RunRecord[]
  /** Folder of the project's package.json. */
  readonly root: string
  readonly storeDir: string
  /** Operation that makes the report: one of kind `report` that has the options of `runReportOptions`. */
  readonly use: string
  /** Whether tables and figures are wanted as files, too. */
  readonly hasFiles: boolean
}

/** What came of it. */
export interface MadeReport {
  /** Folder of the report in the store: to be copied, never changed. */
  readonly dir: string
  readonly table: ReportTable | undefined
  /** In what several runs differ. */
  readonly differences: readonly RunDifference[]
}

/**
 * Makes the report of a run, or of several that are compared: one more stage, with every report of the runs as its input and their facts as its option `record`. Like any
 * other it runs in a worker and is kept by its key, so that asking twice computes once.
 *
 * @throws PipelineError `ERR_UNKNOWN_OPERATION`, `ERR_PLUGIN` for an operation that makes no report of a run, `ERR_MISSING_INPUT` for a run whose
 * reports are gone, or what the operation throws.
 */
export async function reportRun(request: ReportRequest): Promise<MadeReport> {
  const { records, root, storeDir, use, hasFiles } = request
  const types = records.flatMap(({ stages }) => Object.values(stages).map(({ ingredients }) => ingredients.operation))
  const registry = await loadRegistry(root, [...new Set([use, ...types])])
  const installed = registry.find(use)
  if (!installed) throw unknownReport(use, registry.types())
  const { port, output } = portsOf(installed)
  const store = openStore(storeDir)
  const isComparison = records.length > 1
  const inputs = records.flatMap((record) => {
    const reports = reportsOf(record, store, use)
    if (reports.length === 0) throw noReportsLeft(record.run)
    return reports.map((input) => ({ ...input, port, name: isComparison ? `${record.run}/${input.name}` : input.name }))
  })
  const find = (type: string) => registry.find(type)
  const known = new Map(records.map((record): [string, RunRecord | undefined] => [record.run, record]))
  const readRun = (run: string): RunRecord | undefined => {
    if (!known.has(run)) known.set(run, readRunRecord(storeDir, run))
    return known.get(run)
  }
  const runs = records.map((record) => gatherFacts(record, { store, find, readRun }))
  const differences = isComparison ? runDifferences(records) : []
  const digests = openDigests(root, storeDir, false)
  const ingredients = {
    operation: use,
    part: 'run' as const,
    cacheVersion: installed.operation.cacheVersion,
    format: formatVersion,
    implementation: digests.of(installed.plugin).digest,
    options: { record: digestOf(runs), files: hasFiles },
    inputs: inputs.map(({ key, output: from, name }) => [key, from, name]),
  }
  digests.save()
  const key = digestOf(ingredients)
  const found = store.find(key)
  if (found.state === 'present' && store.verify(found.manifest) === undefined) {
    store.save()
    return made(store, found.manifest, output, differences)
  }
  const logDir = join(storeDir, storeFolders.logs, records[0]!.run)
  const dir = runDir(storeDir, records[0]!.run)
  for (const folder of [logDir, dir]) ensureFolder(folder)
  const pool = createWorkerPool({ size: 1, logDir, cwd: root })
  try {
    // The worker starts while the graph is drawn.
    pool.warm(loneStageWorker, 1)
    const file = join(dir, isComparison ? 'compared.json' : 'facts.json')
    const told: RunFacts | ComparedRuns = isComparison
      ? { format: 1, runs, differences }
      : { ...runs[0]!, graph: await drawSvg(drawnNodes(runs[0]!.nodes, find)) }
    writeFileSync(file, JSON.stringify(told))
    const options = { ...defaultsOf(installed.operation), record: file, files: hasFiles }
    const spec = loneStageSpec(installed, { key, node: 'report', inputs, output, options }, { storeDir, logDir })
    const { manifest } = await pool.run(spec, { kind: loneStageWorker, onMessage: () => undefined })
    return made(store, manifest, output, differences)
  } catch (thrown) {
    throw thrown instanceof AttemptFailed ? thrown.error : thrown
  } finally {
    await pool.stop(0)
  }
}

function made(store: Store, manifest: Manifest, output: string, differences: readonly RunDifference[]): MadeReport {
  const entry = manifest.outputs[output]
  return { dir: join(store.path(manifest.key), entry?.path ?? output), table: entry?.table, differences }
}

/** The many-port that takes reports, and the output. */
function portsOf({ operation, plugin }: InstalledOperation): { port: string; output: string } {
  const properties = (operation.options as { readonly properties?: object }).properties ?? {}
  const port = Object.entries(operation.inputs).find(
    ([, each]) => each.kind === 'report' && each.cardinality === 'many',
  )
  const needed = Object.entries(operation.inputs).find(
    ([name, each]) => name !== port?.[0] && !isOmissible(each.cardinality),
  )
  const output = Object.entries(operation.outputs).find(([, each]) => each.kind === 'report')
  if (
    operation.kind !== 'report' ||
    !port ||
    needed ||
    !output ||
    !('record' in properties) ||
    !('files' in properties)
  )
    throw noRunReport(operation.type, plugin.packageName)
  return { port: port[0], output: output[0] }
}

/** Reports of the run that are in the store, by the names that a pipeline gives them. */
function reportsOf(record: RunRecord, store: Store, use: string): Omit<SpecInput, 'port'>[] {
  return Object.values(record.stages).flatMap(({ node, key, ingredients }) => {
    if (ingredients.operation === use) return []
    const found = store.find(key)
    const outputs = found.state === 'present' ? Object.entries(found.manifest.outputs) : []
    const reports = outputs.filter(([, { kind }]) => kind === 'report')
    return reports.map(([output], index) => ({
      name: index === 0 && reports.length === 1 ? node : `${node}.${output}`,
      kind: 'report' as const,
      output,
      key,
    }))
  })
}

/** Options that were not given, as their schema fills them in. */
function defaultsOf(operation: Operation): JsonObject {
  const { properties = {} } = operation.options as {
    readonly properties?: Readonly<Record<string, { readonly default?: Json }>>
  }
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, schema]) =>
      schema.default === undefined ? [] : [[name, schema.default]],
    ),
  )
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
