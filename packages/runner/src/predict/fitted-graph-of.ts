import { isRowKind, type Operation, type PipelineError } from '@etsef/plugin-api'
import { replaceAt } from '@etsef/plugin-api/semantics'
import { isAbsolute, join, resolve } from 'node:path'
import type { JsonObject } from '@etsef/plugin-api'
import { problem, suggest } from '../errors.js'
import type { Registry } from '../registry/load-registry.js'
import type { RunRecord, StageRecord } from '../run/run-record.js'
import { openArtifact } from '../worker/artifact-input.js'
import { stateFolder } from '../worker/state-folder.js'
import { storeFolders } from '../store/store.js'
import { replayable } from '../graph/replayable.js'
import type { FittedGraph, FittedStep, Output, StepInput } from './fitted-graph.js'

/** What is needed of a run's record to find what it fitted. */
export type FittedRecord = Pick<RunRecord, 'run' | 'file' | 'contents' | 'engine'> & {
  readonly stages: Readonly<Record<string, FittedStage>>
}

type FittedStage = Pick<StageRecord, 'node' | 'key' | 'ingredients' | 'plugin'>

/** Where a run and what it fitted are. */
export interface RunPlace {
  readonly record: FittedRecord
  readonly storeDir: string
  /** Folder of package.json: content paths of the run are relative to it. */
  readonly root: string
  readonly registry: Registry
}

/**
 * The fitted sub-graph of a run from its pictures to a node.
 *
 * @param wanted - `node` or `node.port`; left out: the one that gives the answer (see `defaultTarget`).
 * @throws PipelineError `ERR_UNKNOWN_NODE`, `ERR_NOT_REPLAYABLE` naming the node that cannot be applied to a new picture and why, or
 * `ERR_CORRUPT_ARTIFACT`.
 */
export function fittedGraphOf(place: RunPlace, wanted?: string): FittedGraph {
  const { record, registry, storeDir, root } = place
  const stageOfKey = new Map(Object.entries(record.stages).map(([id, { key }]) => [key, id]))
  const target = wanted === undefined ? defaultTarget(place) : namedTarget(place, wanted)
  const steps = new Map<string, FittedStep>()
  let source: FittedGraph['source'] | undefined
  const visit = ({ node, port }: Output, path: readonly string[]): void => {
    if (steps.has(node) || source?.node === node) return
    const way = [node, ...path]
    const stage = stageOf(record, node)!
    const operation = operationOf(registry, stage)
    const refusal = replayable(operation, port, Object.keys(stage.ingredients.inputs))
    if (refusal !== undefined) throw notReplayable(node, way, refusal.why, refusal.hint)
    const { seed } = stage.ingredients
    const options = withContentPaths(stage.ingredients.options, node, record, root)
    const common = {
      node,
      type: operation.type,
      plugin: stage.plugin,
      options,
      ...(seed === undefined ? {} : { seed }),
    }
    if (operation.kind === 'source') {
      if (source)
        throw notReplayable(node, way, `pictures come from "${source.node}" as well`, 'take all from one source')
      source = { ...common, port }
      return
    }
    const passes = operation.kind === 'combine'
    const state = operation.kind === 'estimator' ? stateOf(place, node, way) : undefined
    const inputs: StepInput[] = []
    for (const [name, entries] of Object.entries(stage.ingredients.inputs)) {
      const { kind } = operation.inputs[name]!
      // Copies and splits of pictures: the first is the way they came.
      for (const [key, output, own] of passes && isRowKind(kind) ? entries.slice(0, 1) : entries) {
        const from = record.stages[stageOfKey.get(key!) ?? '']
        if (!from) throw notReplayable(node, way, `the record does not say what made its input "${name}"`)
        if (isRowKind(kind)) {
          visit({ node: from.node, port: output! }, way)
          inputs.push({ port: name, name: own ?? name, from: { node: from.node, port: output! } })
        } else if (kind === 'model') {
          const dir = modelFolder(storeDir, key!, output!)
          if (dir !== undefined) inputs.push({ port: name, name: own ?? name, dir })
          else if (state === undefined)
            throw notReplayable(node, way, `the model at its input "${name}" is not in the store`)
        }
      }
    }
    steps.set(node, { ...common, ...(passes ? { passes } : {}), ...(state === undefined ? {} : { state }), inputs })
  }
  visit(target, [])
  if (!source) throw notReplayable(target.node, [target.node], 'no source of pictures is on the way to it')
  return {
    target,
    classNames: classNamesOf(place, [source.node, ...steps.keys()].toReversed()),
    source,
    steps: [...steps.values()],
    ...(record.engine === undefined ? {} : { engine: record.engine }),
  }
}

/** Nodes of a run whose predictions nothing else predicts from, best guess first. */
function answeringNodes({ record, registry }: RunPlace): readonly string[] {
  const stageOfKey = new Map(Object.entries(record.stages).map(([id, { key }]) => [key, id]))
  const read = new Set<string>()
  const giving: string[] = []
  for (const stage of Object.values(record.stages)) {
    if (stage.ingredients.part === 'fit') continue
    const { kind, outputs } = operationOf(registry, stage)
    if (kind === 'report' || !Object.values(outputs).some((port) => port.kind === 'predictions')) continue
    giving.push(stage.node)
    for (const [key] of Object.values(stage.ingredients.inputs).flat()) {
      const from = record.stages[stageOfKey.get(key!) ?? '']
      if (from && from.node !== stage.node) read.add(from.node)
    }
  }
  return giving.filter((node) => !read.has(node))
}

/** The node that gives the run's answer: the only one that nothing else predicts from, or among several the one named `vote`. */
function defaultTarget(place: RunPlace): Output {
  const nodes = answeringNodes(place)
  const node = nodes.length === 1 ? nodes[0] : nodes.find((each) => each === 'vote')
  if (node !== undefined) return namedTarget(place, node)
  throw problem('ERR_UNKNOWN_NODE', {
    message:
      nodes.length === 0
        ? `No node of run ${place.record.run} gives predictions`
        : `Run ${place.record.run} has several answers`,
    expected: nodes.length === 0 ? undefined : `--node ${nodes.join(', or --node ')}`,
    hint: nodes.length === 0 ? 'predict from a run that fits a classifier' : 'say whose answer is wanted',
  })
}

function namedTarget({ record, registry }: RunPlace, wanted: string): Output {
  const [node = '', port] = wanted.split('.')
  const stage = stageOf(record, node)
  const nodes = new Set(Object.values(record.stages).map((each) => each.node))
  if (!stage)
    throw problem('ERR_UNKNOWN_NODE', {
      message: `Run ${record.run} has no node "${node}"`,
      received: wanted,
      hint: suggest(node, nodes, 'nodes'),
    })
  const { outputs, type } = operationOf(registry, stage)
  const rows = Object.keys(outputs).filter((name) => isRowKind(outputs[name]!.kind))
  const found = port ?? rows.find((name) => outputs[name]!.kind === 'predictions') ?? rows[0]
  if (found !== undefined && rows.includes(found)) return { node, port: found }
  throw problem('ERR_UNKNOWN_PORT', {
    message: `Node "${node}" (${type}) gives no rows${port === undefined ? '' : ` at "${port}"`}`,
    expected: rows.join(', ') || 'a node that gives predictions',
    received: wanted,
  })
}

/** The stage of a node that gives its rows. */
function stageOf(record: FittedRecord, node: string): FittedStage | undefined {
  const { stages } = record
  const own = stages[`${node}:apply`] ?? stages[node] ?? stages[`${node}:fit`]
  return own?.node === node ? own : undefined
}

function operationOf(registry: Registry, { node, ingredients, plugin }: FittedStage): Operation {
  const installed = registry.find(ingredients.operation)
  if (installed) return installed.operation
  throw problem('ERR_UNKNOWN_OPERATION', {
    message: `Node "${node}" of the run is a ${ingredients.operation}, which no installed package offers`,
    node,
    expected: plugin,
    hint: registry.whyMissing?.(ingredients.operation) ?? `add ${plugin} to the dependencies of package.json`,
  })
}

/** Folder of a node's fitted state, every byte of which was checked. */
function stateOf({ record, storeDir }: RunPlace, node: string, way: readonly string[]): string {
  const fit = record.stages[`${node}:fit`]
  try {
    const artifact = openArtifact(storeDir, fit?.key ?? '')
    artifact.check(stateFolder)
    return join(artifact.dir, stateFolder)
  } catch (thrown) {
    const { message } = thrown as Error
    throw notReplayable(
      node,
      way,
      `it was not fitted, or what was fitted is no longer in the store (${message})`,
      `run "etsef run ${record.file}" first, and predict from that run`,
    )
  }
}

function modelFolder(storeDir: string, key: string, output: string): string | undefined {
  try {
    const artifact = openArtifact(storeDir, key)
    const { path } = artifact.manifest.outputs[output]!
    artifact.check(path)
    return join(storeDir, storeFolders.artifacts, key, path)
  } catch {
    return undefined
  }
}

/** Options as the operation takes them: digests of content give way to paths again. */
function withContentPaths(options: JsonObject, node: string, { contents }: FittedRecord, root: string): JsonObject {
  let restored: JsonObject = options
  for (const [name, { path }] of Object.entries(contents)) {
    if (!name.startsWith(`${node}.`)) continue
    const full = isAbsolute(path) ? path : resolve(root, path)
    restored = replaceAt(restored, name.slice(node.length + 1).split('.'), full) as JsonObject
  }
  return restored
}

/** The class list, as the last of these nodes whose rows are still in the store has it. */
function classNamesOf({ record, storeDir }: RunPlace, nodes: readonly string[]): readonly string[] {
  for (const node of nodes) {
    try {
      const { outputs } = openArtifact(storeDir, stageOf(record, node)?.key ?? '').manifest
      const names = Object.values(outputs).find(({ classNames }) => classNames !== undefined)?.classNames
      if (names) return names
    } catch {
      // Collected since.
    }
  }
  throw problem('ERR_CORRUPT_ARTIFACT', {
    message: `The store no longer holds any rows of run ${record.run}`,
    hint: `run "etsef run ${record.file}" again`,
  })
}

function notReplayable(node: string, way: readonly string[], why: string, hint?: string): PipelineError {
  return problem('ERR_NOT_REPLAYABLE', {
    message: `Node "${node}" cannot be applied to a new picture: ${why}`,
    node,
    received: way.length > 1 ? way.join(' → ') : undefined,
    hint: hint ?? 'ask for a node before it with --node',
  })
}
