import {
  isListed,
  isRowKind,
  PipelineError,
  rowsOf,
  type ImageBatch,
  type Json,
  type Operation,
  type OperationContext,
  type SeedlessContext,
  type PictureBounds,
  type PixelLoading,
} from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import {
  checkBatch,
  checkSameRows,
  joinedByPort,
  joinOrder,
  loadPixelsOf,
  outputOf,
  rowsAtOpen,
  storeBatch,
  type GivenBatch,
  withSeed,
} from '@etsef/plugin-api/semantics'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { throwError } from 'rxjs'
import { problem } from '../errors.js'
import type { FittedGraph, FittedStep, Output } from './fitted-graph.js'

/** What a fitted sub-graph is opened with. */
export interface PredictionHost {
  /** The operation of a type, of an installed package. */
  operation(this: void, type: string): Operation
  /** Tensor engine, where something computes on tensors. */
  readonly engine: string | undefined
  readonly threads: number
  /** For pictures that come from nobody knows whom; left out: the bounds of the source's own. */
  readonly bounds?: PictureBounds | undefined
  readonly signal: AbortSignal
  log(this: void, node: string, level: 'debug' | 'info' | 'warn', message: string): void
}

/** Rows of every node on the way, by {@link outputKey}. */
export type AppliedRows = ReadonlyMap<string, StoredBatch | ImageBatch>

/** A fitted sub-graph in memory: every network and classifier is open. */
export interface OpenFittedGraph {
  readonly graph: FittedGraph
  /**
   * Rows of every step for these pictures; those of the target at `outputKey(graph.target)`. Batches are applied one after the other.
   *
   * @param given - Rows that are taken as they are. Then only what the target needs besides is computed.
   */
  apply(this: void, images: ImageBatch, given?: AppliedRows): Promise<AppliedRows>
  close(this: void): Promise<void>
}

/** How {@link AppliedRows} name an output. */
export function outputKey({ node, port }: Output): string {
  return `${node}.${port}`
}

interface OpenStep {
  readonly step: FittedStep
  readonly operation: Operation
  readonly implementation: PixelLoading<unknown>
  readonly opened: OpenCode | undefined
}

interface OpenCode {
  apply(batch: unknown): Promise<Readonly<Record<string, GivenBatch | undefined>>>
  close?(): Promise<void>
}

interface Code extends PixelLoading<unknown> {
  load?(dir: string): Promise<unknown>
  open?(args: object): Promise<OpenCode>
}

/**
 * Opens what a run has fitted, in this process: `apply` parts only, nothing can be fitted.
 *
 * @throws PipelineError `ERR_NODE_FAILED` naming the node that cannot be opened, and what its state is refused for.
 */
export async function openFittedGraph(graph: FittedGraph, host: PredictionHost): Promise<OpenFittedGraph> {
  const steps: OpenStep[] = []
  const folders: string[] = []
  const close = async (): Promise<void> => {
    for (const { opened } of steps.splice(0)) await opened?.close?.()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  }
  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'etsef-predict-'))
    folders.push(folder)
    return folder
  }
  try {
    for (const step of graph.steps) steps.push(await openStep(step, host, newFolder))
  } catch (thrown) {
    await close()
    throw thrown
  }
  let last: Promise<unknown> = Promise.resolve()
  const applyAll = async (images: ImageBatch, given?: AppliedRows): Promise<AppliedRows> => {
    const { node, port } = graph.source
    const rows = new Map<string, StoredBatch | ImageBatch>([[outputKey({ node, port }), images], ...(given ?? [])])
    const needed = given && nodesToRun(graph, given)
    for (const step of steps) {
      if (needed?.has(step.step.node) === false) continue
      host.signal.throwIfAborted()
      for (const [name, batch] of Object.entries(await applyStep(step, rows))) {
        const key = outputKey({ node: step.step.node, port: name })
        if (given?.has(key) !== true) rows.set(key, batch)
      }
    }
    return rows
  }
  return {
    graph,
    apply(images, given) {
      const next = last.then(() => applyAll(images, given))
      last = next.catch(() => undefined)
      return next
    },
    async close() {
      await last
      await close()
    },
  }
}

/** Nodes that the target needs where some rows are given. */
function nodesToRun({ steps, target }: FittedGraph, given: AppliedRows): ReadonlySet<string> {
  const needed = new Set<string>(given.has(outputKey(target)) ? [] : [target.node])
  for (const { node, inputs } of [...steps].reverse()) {
    if (!needed.has(node)) continue
    for (const { from } of inputs) if (from && !given.has(outputKey(from))) needed.add(from.node)
  }
  return needed
}

async function openStep(step: FittedStep, host: PredictionHost, newFolder: () => string): Promise<OpenStep> {
  const operation = host.operation(step.type)
  try {
    // Types are erased here; each implementation was checked against its own where it was defined.
    const implementation = (await operation.load()) as Code
    if (step.passes) return { step, operation, implementation, opened: undefined }
    const state = step.state === undefined ? undefined : await implementation.load?.(step.state)
    const opened = await implementation.open?.({
      options: step.options,
      inputs: inputsAtOpen(step, operation),
      ctx: contextOf(step, operation, host, newFolder),
      ...(step.state === undefined ? {} : { state }),
    })
    if (!opened) throw new PipelineError('ERR_PLUGIN', { message: `${step.type} has no open()` })
    return { step, operation, implementation, opened }
  } catch (thrown) {
    throw blamed(thrown, step)
  }
}

/** Models as they are; rows come to `apply`. */
function inputsAtOpen({ inputs }: FittedStep, { type, inputs: ports }: Operation): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [port, { kind, cardinality }] of Object.entries(ports)) {
    const entries = inputs
      .filter((input) => input.port === port)
      .map(({ name, dir }) => ({ name, value: isRowKind(kind) ? throwError(() => rowsAtOpen(type)) : { kind, dir } }))
    values[port] = isListed(cardinality) ? entries : entries[0]?.value
  }
  return values
}

function contextOf(
  { node, seed }: FittedStep,
  operation: Operation,
  host: PredictionHost,
  newFolder: () => string,
): OperationContext {
  let folder: string | undefined
  const seedless: SeedlessContext = {
    signal: host.signal,
    log: (level, message) => {
      host.log(node, level, message)
    },
    progress: () => undefined,
    metric: () => undefined,
    get tmpDir() {
      return (folder ??= newFolder())
    },
    get checkpointDir() {
      return (folder ??= newFolder())
    },
    outputDir: () => {
      throw new PipelineError('ERR_PLUGIN', { message: `${operation.type} makes a folder where it is only applied` })
    },
    engine: operation.engine === 'tensor' ? host.engine : undefined,
    threads: host.threads,
  }
  return withSeed(seedless, operation.type, seed)
}

async function applyStep(
  { step, operation, implementation, opened }: OpenStep,
  rows: AppliedRows,
): Promise<Record<string, StoredBatch | ImageBatch>> {
  const named = step.inputs.filter(({ from }) => from !== undefined)
  const edges = operation.joins ? joinOrder(operation, named) : named.filter(({ port }) => port === operation.rows)
  const batches = (step.passes ? named : edges).map(({ from }) => rows.get(outputKey(from!))!)
  const batch = batches[0]!
  try {
    const given = opened ? await opened.apply(operation.joins ? joinedByPort(operation, edges, batches) : batch) : {}
    const outputs: Record<string, StoredBatch | ImageBatch> = {}
    for (const [port, { kind }] of Object.entries(operation.outputs)) {
      if (!isRowKind(kind)) continue
      if (step.passes) {
        if (batch.kind === kind) outputs[port] = withPixels(batch, { step, operation, implementation, port })
        continue
      }
      const what = outputOf(operation.type, port)
      const own = given[port]
      checkBatch(own!, { kind, classNames: batch.classNames, what })
      checkSameRows(own!, batch, what)
      const { ids } = batch
      const parents = batch.kind === 'images' ? { parentIds: batch.parentIds, uris: batch.uris } : { parentIds: ids }
      const stored = storeBatch(own!, rowsOf(batch), { ...parents, transforms: ids.map(() => []) })
      outputs[port] =
        stored.kind === 'images' && batch.kind === 'images' && own!.kind === 'images'
          ? withPixels({ ...batch, ...stored }, { step, operation, implementation, port, parameters: own!.parameters })
          : stored
    }
    return outputs
  } catch (thrown) {
    throw blamed(thrown, step)
  }
}

interface PixelStep extends Omit<OpenStep, 'opened'> {
  readonly port: string
  readonly parameters?: readonly Json[] | undefined
}

/** Pictures as a step changes them. */
function withPixels(
  batch: StoredBatch | ImageBatch,
  { step, operation, implementation, port, parameters }: PixelStep,
): StoredBatch | ImageBatch {
  const loadPixels = implementation.loadPixels?.bind(implementation)
  // Only pictures of a source, and what was made of them here, get this far.
  const images = batch as ImageBatch
  if (!loadPixels || batch.kind !== 'images') return batch
  return {
    ...images,
    load: (index) =>
      loadPixelsOf(
        { type: operation.type, node: step.node, isSource: false, loadPixels },
        { id: images.ids[index]!, uri: images.uris[index]!, sourceId: images.sourceIds[index]! },
        {
          port,
          parameters: parameters?.[index] ?? null,
          upstream: () => images.load(index),
          options: step.options,
        },
      ),
  }
}

/** An error with the node that it happened in. */
function blamed(thrown: unknown, { node, type }: FittedStep): unknown {
  if (!(thrown instanceof Error)) return thrown
  if (thrown instanceof PipelineError)
    return thrown.node === undefined
      ? problem(thrown.code, { ...thrown.toJSON(), message: thrown.message, node, cause: thrown })
      : thrown
  return problem('ERR_NODE_FAILED', { message: `${type} failed: ${thrown.message}`, node, cause: thrown })
}
