import {
  canonicalJson,
  type Json,
  type JsonObject,
  type Operation,
  type PortKind,
  type RunFacts,
  type RunNode,
  type RunStage,
  type SiblingRun,
} from '@etsef/plugin-api'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DrawnNode } from '../graph/draw.js'
import { fromPlain } from '../pipeline/located.js'
import { printYaml } from '../pipeline/print-yaml.js'
import type { Manifest } from '../store/manifest.js'
import type { Store } from '../store/store.js'
import { readMetricLines } from './metric-lines.js'
import { listRuns, readRunRecord, type RunRecord, type StageRecord } from './run-record.js'

/** What is asked of a store and a registry about a run. */
export interface FactSources {
  readonly store: Store
  readonly find: (type: string) => { readonly operation: Operation } | undefined
  /** Reads the record of a run: given where several runs are told of, so that each is read once. */
  readonly readRun?: (run: string) => RunRecord | undefined
}

/** Other runs of a file that are looked at: the newest. */
const mostSiblings = 50

/** Gathers the facts of a run: its record, and what its artifacts hold as far as they are there. The graph is drawn by the caller. */
export function gatherFacts(record: RunRecord, sources: FactSources): Omit<RunFacts, 'graph'> {
  const resolved = record.resolved as JsonObject
  const text = (name: string): string | undefined => {
    const value = resolved[name]
    return typeof value === 'string' ? value : undefined
  }
  const seed = resolved['seed']
  const description = text('description')
  return {
    format: 1,
    run: record.run,
    pipeline: record.pipeline,
    ...(description === undefined ? {} : { description }),
    file: record.file,
    status: record.status,
    startedAt: record.startedAt,
    seconds: record.seconds,
    seed: typeof seed === 'number' || typeof seed === 'string' ? seed : '',
    engine: record.engine ?? null,
    primaryMetric: text('primaryMetric') ?? null,
    command: { overrides: record.command.overrides, profile: record.command.profile ?? null },
    versions: record.versions,
    contents: record.contents,
    testLabelReads: record.testLabelReads,
    yaml: yamlOf(record),
    nodes: nodesOf(record, sources),
    siblings: siblingsOf(record, sources),
  }
}

/** The pipeline as it ran, as YAML: variables and profiles are resolved, so they are left out. */
function yamlOf({ resolved, file }: RunRecord): string {
  const shown = Object.entries(resolved as JsonObject).filter(([key]) => !['vars', 'profiles', 'extends'].includes(key))
  const root = fromPlain(Object.fromEntries(shown), { file, line: 1, column: 1 })
  return root.kind === 'map' ? printYaml(root, { isAnnotated: false }) : ''
}

/** Options of each node, by node, as they are in the keys: content by its digest. */
function optionsOf({ stages }: RunRecord): ReadonlyMap<string, JsonObject> {
  return new Map(Object.values(stages).map(({ node, ingredients }) => [node, ingredients.options]))
}

/** Options that two runs give differently, for the nodes that both have. */
function optionChanges(here: RunRecord, there: RunRecord): SiblingRun['changes'] {
  const others = optionsOf(there)
  return [...optionsOf(here)].flatMap(([node, options]) => {
    const other = others.get(node)
    if (!other) return []
    return [...new Set([...Object.keys(options), ...Object.keys(other)])].flatMap((option) => {
      const values: { here: Json; there: Json } = { here: options[option] ?? null, there: other[option] ?? null }
      return canonicalJson(values.here) === canonicalJson(values.there) ? [] : [{ node, option, ...values }]
    })
  })
}

/** Figures of a run by node. */
function metricsOf({ stages }: RunRecord): Readonly<Record<string, Readonly<Record<string, number | null>>>> {
  const metrics: Record<string, Record<string, number | null>> = {}
  for (const stage of Object.values(stages))
    if (stage.metrics) metrics[stage.node] = { ...metrics[stage.node], ...stage.metrics }
  return metrics
}

/** Nodes and edges of a run, ready to be drawn. */
export function drawnNodes(nodes: readonly RunNode[], find: FactSources['find']): DrawnNode[] {
  return nodes.map(({ id, operation, kind, inputs }) => ({
    id,
    installed: { operation: { type: operation, kind: kind ?? 'map' } },
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([port, ends]) => [
        port,
        ends.map(({ node }) => ({
          from: { node },
          to: { node: id },
          kind: find(operation)?.operation.inputs[port]?.kind ?? ('report' satisfies PortKind),
        })),
      ]),
    ),
  }))
}

function nodesOf(record: RunRecord, { store, find }: FactSources): RunNode[] {
  const nodes = new Map<string, { first: StageRecord; stages: RunStage[]; inputs: RunNode['inputs'] }>()
  for (const stage of Object.values(record.stages)) {
    const node = nodes.get(stage.node) ?? { first: stage, stages: [], inputs: inputsOf(stage, record) }
    node.stages.push(stageOf(stage, store))
    nodes.set(stage.node, node)
  }
  return [...nodes].map(([id, { first, stages, inputs }]) => {
    const kind = find(first.ingredients.operation)?.operation.kind
    return {
      id,
      operation: first.ingredients.operation,
      ...(kind === undefined ? {} : { kind }),
      plugin: first.plugin,
      options: first.ingredients.options,
      inputs,
      stages,
    }
  })
}

/** Where inputs come from, by the keys in the record: of equal nodes, the first one. */
function inputsOf({ ingredients }: StageRecord, record: RunRecord): RunNode['inputs'] {
  const stages = Object.values(record.stages)
  const names = new Set(stages.map(({ node }) => node))
  return Object.fromEntries(
    Object.entries(ingredients.inputs).map(([port, entries]) => [
      port,
      entries.flatMap(([key, output, name]) => {
        // A many-port was told the name, which tells equal nodes apart.
        const named = name?.split('.')[0]
        const node = named !== undefined && names.has(named) ? named : stages.find((other) => other.key === key)?.node
        return node === undefined || output === undefined ? [] : [{ node, output }]
      }),
    ]),
  )
}

function stageOf(stage: StageRecord, store: Store): RunStage {
  const found = store.find(stage.key)
  const manifest = found.state === 'present' ? found.manifest : undefined
  const dir = store.path(stage.key)
  return {
    part: stage.ingredients.part,
    key: stage.key,
    outcome: stage.outcome,
    seconds: stage.seconds,
    attempts: stage.attempts,
    ...(stage.maxRssMb === undefined ? {} : { maxRssMb: stage.maxRssMb }),
    testLabelReads: manifest?.testLabelReads ?? stage.testLabelReads ?? 0,
    metrics: stage.metrics ?? manifest?.metrics ?? {},
    series: manifest ? readSeries(join(dir, 'metrics.jsonl')) : {},
    ...(manifest?.lineage === undefined ? {} : { numLearnedFrom: numLines(join(dir, manifest.lineage)) }),
    numRows: manifest ? rowsOf(manifest) : {},
  }
}

function rowsOf(manifest: Manifest): Record<string, number> {
  return Object.fromEntries(
    Object.entries(manifest.outputs).flatMap(([port, { numSamples }]) =>
      numSamples === undefined ? [] : [[port, numSamples]],
    ),
  )
}

function readSeries(file: string): RunStage['series'] {
  const series: Record<string, { step: number; value: number }[]> = {}
  for (const { name, value, step } of readMetricLines(file))
    if (step !== undefined && value !== null) (series[name] ??= []).push({ step, value })
  return series
}

function numLines(file: string): number {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).length
}

function siblingsOf(record: RunRecord, { store, readRun }: FactSources): SiblingRun[] {
  const read = readRun ?? ((run: string) => readRunRecord(store.dir, run))
  const siblings: SiblingRun[] = []
  for (const run of listRuns(store.dir)) {
    if (siblings.length >= mostSiblings) break
    if (run === record.run) continue
    const other = read(run)
    if (other?.file !== record.file || other.status !== 'ok') continue
    siblings.push({
      run,
      status: other.status,
      startedAt: other.startedAt,
      changes: optionChanges(record, other),
      metrics: metricsOf(other),
    })
  }
  return siblings
}
