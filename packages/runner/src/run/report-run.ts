import { canonicalJson, type Json, type JsonObject, type Operation, type RunFacts } from '@etsef/plugin-api'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { problem, suggest } from '../errors.js'
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
import { runDir, type RunRecord } from './run-record.js'

/** What to make of a run. */
export interface ReportRequest {
  readonly record: RunRecord
  /** Folder of the project's package.json. */
  readonly root: string
  readonly storeDir: string
  /** Operation that makes the report: one of kind `report` that has the options of `runReportOptions`. */
  readonly use: string
  /** Whether tables and figures are wanted as files, too. */
  readonly hasFiles: boolean
}

/**
 * Makes the report of a run: one more stage, with every report of the run as its input and the run's facts as its option `record`. Like any
 * other it runs in a worker and is kept by its key, so that asking twice computes once.
 *
 * @returns Folder of the report in the store: to be copied, never changed.
 * @throws PipelineError `ERR_UNKNOWN_OPERATION`, `ERR_PLUGIN` for an operation that makes no report of a run, `ERR_MISSING_INPUT` for a run whose
 * reports are gone, or what the operation throws.
 */
export async function reportRun(request: ReportRequest): Promise<string> {
  const { record, root, storeDir, use, hasFiles } = request
  const types = Object.values(record.stages).map(({ ingredients }) => ingredients.operation)
  const registry = await loadRegistry(root, [...new Set([use, ...types])])
  const installed = registry.find(use)
  if (!installed)
    throw problem('ERR_UNKNOWN_OPERATION', {
      message: `There is no operation "${use}" to make a report with`,
      hint: suggest(use, registry.types(), 'operations'),
    })
  const { port, output } = portsOf(installed)
  const store = openStore(storeDir)
  const inputs = reportsOf(record, store, use).map((input) => ({ ...input, port }))
  if (inputs.length === 0)
    throw problem('ERR_MISSING_INPUT', {
      message: `Of run ${record.run} there is no report left to tell of`,
      expected: 'a run with a report node that finished, and whose artifacts are in the store',
      hint: 'run the pipeline again: what is cached is not computed again',
    })
  const facts = gatherFacts(record, { store, find: (type) => registry.find(type) })
  const digests = openDigests(root, storeDir, false)
  const ingredients = {
    operation: use,
    part: 'run' as const,
    cacheVersion: installed.operation.cacheVersion,
    format: formatVersion,
    implementation: digests.of(installed.plugin).digest,
    options: { record: digestOf(facts), files: hasFiles },
    inputs: inputs.map(({ key, output: from, name }) => [key, from, name]),
  }
  digests.save()
  const key = digestOf(ingredients)
  const found = store.find(key)
  if (found.state === 'present' && store.verify(found.manifest) === undefined) {
    store.save()
    return folderOf(store, found.manifest, output)
  }
  const graph = await drawSvg(drawnNodes(facts.nodes, (type) => registry.find(type)))
  const file = join(runDir(storeDir, record.run), 'facts.json')
  mkdirSync(runDir(storeDir, record.run), { recursive: true })
  writeFileSync(file, JSON.stringify({ ...facts, graph } satisfies RunFacts))
  const manifest = await runAlone(request, installed, {
    key,
    inputs,
    output,
    options: { ...defaultsOf(installed.operation), record: file, files: hasFiles },
  })
  return folderOf(store, manifest, output)
}

interface Call {
  readonly key: string
  readonly inputs: readonly SpecInput[]
  readonly output: string
  readonly options: JsonObject
}

/** Runs the stage in a worker of its own. */
async function runAlone(
  { root, storeDir, record }: ReportRequest,
  installed: InstalledOperation,
  call: Call,
): Promise<Manifest> {
  const logDir = join(storeDir, storeFolders.logs, record.run)
  mkdirSync(logDir, { recursive: true })
  const pool = createWorkerPool({ size: 1, logDir, cwd: root })
  const { entry, packageName, version } = installed.plugin
  try {
    const { manifest } = await pool.run(
      {
        key: call.key,
        node: 'report',
        part: 'run',
        type: installed.operation.type,
        plugin: { entry, packageName, version },
        options: call.options,
        seed: call.key.slice(0, 32),
        threads: 1,
        inputs: call.inputs,
        outputs: [call.output],
        specs: {},
        storeDir,
        logFile: join(logDir, 'report.log'),
        attempt: 1,
        replaces: true,
      },
      { kind: { threads: 1, engine: undefined, devices: undefined }, onMessage: () => undefined },
    )
    return manifest
  } catch (thrown) {
    throw thrown instanceof AttemptFailed ? thrown.error : thrown
  } finally {
    await pool.stop(0)
  }
}

/** The many-port that takes reports, and the output. */
function portsOf({ operation, plugin }: InstalledOperation): { port: string; output: string } {
  const properties = (operation.options as { readonly properties?: object }).properties ?? {}
  const port = Object.entries(operation.inputs).find(
    ([, each]) => each.kind === 'report' && each.cardinality === 'many',
  )
  const needed = Object.entries(operation.inputs).find(
    ([name, each]) => name !== port?.[0] && each.cardinality !== 'optional',
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
    throw problem('ERR_PLUGIN', {
      message: `Operation "${operation.type}" of ${plugin.packageName} makes no report of a run`,
      expected:
        'one of kind report that takes reports at a many-port, needs nothing else, and has the options of runReportOptions',
    })
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

function folderOf(store: Store, manifest: Manifest, output: string): string {
  return join(store.path(manifest.key), manifest.outputs[output]?.path ?? output)
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
