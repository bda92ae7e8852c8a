import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isObservable, lastValueFrom, map, throwError, toArray, type Observable } from 'rxjs'
import type { SeedlessContext } from '../context.js'
import type { LoadPixelsArguments, Named, Operation } from '../define-operation.js'
import { isRowKind } from '../define-operation.js'
import { PipelineError } from '../errors.js'
import type { Json } from '../json.js'
import { concatAttributions, pickAttributions } from '../payload/attributions.js'
import { concatFeatures, pickFeatures } from '../payload/features.js'
import { pickImages, type ImageBatch, type ImageRows, type PixelImage } from '../payload/images.js'
import { concatPredictions, pickPredictions } from '../payload/predictions.js'
import type { PredictorValue } from '../payload/predictor.js'
import { concatTensors, pickTensors } from '../payload/tensors.js'
import { concatRows, rowsOf } from '../payload/rows.js'
import type { OutputBatches } from '../payload/index.js'
import type { StoredBatch } from '../payload/stored.js'
import type { ModelValue, ReportValue } from '../payload/directories.js'
import { isListed, type RowKind } from '../port.js'
import { checkOptions, type Schema } from '../schema/index.js'
import {
  addKnownRows,
  blank,
  checkBatch,
  checkSameRows,
  createKnownRows,
  createPartitionCheck,
  createRowPolicy,
  doesDraw,
  fitVisibility,
  joinBatches,
  joinedByPort,
  joinOrder,
  loadPixelsOf,
  outputOf,
  revealNames,
  rowsAtOpen,
  twice,
  visibility,
  wholeVisibility,
  withSeed,
  type GivenBatch,
  type Visibility,
} from '../semantics/index.js'
import { pulled } from '../streams/pulled.js'
import type { AnyBatch } from '../streams/tables.js'
import { watchInputs } from './watch-inputs.js'
import { watchKeptPixels, type WatchedPixels } from './watch-kept-pixels.js'

type AnyOutputBatch = OutputBatches[RowKind]
/** A whole table that came out; pixels of images are loaded as the runner loads them. */
export type OutputTable = Exclude<AnyOutputBatch, ImageRows> | (ImageRows & Pick<ImageBatch, 'load' | 'isRandom'>)
type Outputs = Readonly<Record<string, OutputTable | ModelValue | ReportValue>>
type Value_ = AnyBatch | ModelValue | ReportValue | PredictorValue

/** How {@link runOperation} runs. */
export interface RunOperationOptions {
  /** Options as written in YAML; defaults are filled in. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Whole tables per input (cut into batches of `batchSize`), model, report or predictor values; arrays of named ones for many-ports. */
  readonly inputs?: Readonly<Record<string, Value_ | readonly Named<Value_>[] | Observable<AnyBatch>>>
  readonly seed?: string
  readonly batchSize?: number
  /** Engine granted to tensor operations; default `ETSEF_ENGINE` or `wasm`. */
  readonly engine?: string
  readonly signal?: AbortSignal
}

/** What came out: whole tables, models and reports by output port, and what the operation told its context. */
export interface RunOperationResult {
  readonly outputs: Outputs
  readonly logs: readonly { readonly level: string; readonly message: string }[]
  readonly metrics: readonly { readonly name: string; readonly value: number; readonly step: number | undefined }[]
  /** Directory of an estimator's saved state. */
  readonly stateDir: string | undefined
  /** Removes the temporary directories. */
  dispose(this: void): void
}

/** Options with defaults filled in, checked as the runner checks them. @throws PipelineError `ERR_BAD_OPTION`. */
export function checkedOptions(operation: Operation, options: Readonly<Record<string, unknown>> = {}): unknown {
  // Tests give options as plain values, the same that YAML could hold.
  const { value, issues } = checkOptions(operation.options as unknown as Schema, options as Json)
  const [problem] = issues
  if (problem) {
    const option = [...problem.path, ...(problem.key === undefined ? [] : [problem.key])].join('/')
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `${operation.type}: option ${option} ${problem.message}`,
      option,
      expected: problem.expected,
    })
  }
  return value
}

/**
 * Runs one operation in this process by the runner's own rules: it sees what it may see, under opaque names, and what it gives is checked
 * and gets its row columns back. Rows keep the order of the inputs given here.
 *
 * An estimator's state goes through `save` and `load` before it is applied.
 *
 * @throws PipelineError as the runner would, and `ERR_PLUGIN` when the operation writes into its inputs; no folder is left then.
 */
export async function runOperation(operation: Operation, run: RunOperationOptions = {}): Promise<RunOperationResult> {
  const opened = openOperation(operation, run)
  try {
    const outputs = await opened.run()
    return { ...opened, outputs, stateDir: opened.stateDir() }
  } catch (thrown) {
    opened.dispose()
    throw thrown
  }
}

/** An operation with its inputs: fitted once, and run as often as asked. */
export interface OpenedOperation extends Pick<RunOperationResult, 'logs' | 'metrics' | 'dispose'> {
  /** Everything there is to run, or `apply` alone over batches of another size or rows in the opposite order. */
  run(this: void, how?: { readonly batchSize?: number; readonly isReversed?: boolean }): Promise<Outputs>
  stateDir(this: void): string | undefined
  /**
   * What `run` gives, or nothing of what `fit` does, over streams that the caller makes of the tables that it may see. Nothing is checked,
   * copied or held here. Not of a map: it sees no stream.
   */
  start(this: void, streamOf: (table: AnyBatch) => Observable<AnyBatch>): Promise<Readonly<Record<string, unknown>>>
}

interface Code {
  run(args: object): Promise<Readonly<Record<string, unknown>>>
  fit(args: object): Promise<unknown>
  save(state: unknown, dir: string): Promise<void>
  load(dir: string): Promise<unknown>
  open?(args: object): Promise<OpenedCode>
  loadPixels?(args: LoadPixelsArguments<unknown>): Promise<PixelImage>
}

interface OpenedCode {
  /** Of one batch, or of one of each input that is joined. */
  apply(batch: unknown): Promise<Readonly<Record<string, unknown>>>
  close?(): Promise<void>
}

/** Opens an operation; nothing of it runs yet. */
export function openOperation(operation: Operation, run: RunOperationOptions): OpenedOperation {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-operation-'))
  const logs: { level: string; message: string }[] = []
  const metrics: { name: string; value: number; step: number | undefined }[] = []
  const options = checkedOptions(operation, run.options)
  const seed = doesDraw(operation, options) ? (run.seed ?? '1') : undefined
  const makeDir = (name: string): string => {
    const path = join(dir, name)
    mkdirSync(path, { recursive: true })
    return path
  }
  const seedless: SeedlessContext = {
    signal: run.signal ?? new AbortController().signal,
    log: (level, message) => logs.push({ level, message }),
    progress: () => undefined,
    metric: (name, value, step) => metrics.push({ name, value, step }),
    tmpDir: makeDir('tmp'),
    checkpointDir: makeDir('checkpoint'),
    outputDir: (port) => makeDir(`out-${port}`),
    engine: operation.engine ? (run.engine ?? process.env['ETSEF_ENGINE'] ?? 'wasm') : undefined,
    threads: 1,
  }
  const ctx = withSeed(seedless, operation.type, seed)
  const inputs = run.inputs ?? {}
  const watched = watchInputs()
  const visible = (batch: AnyBatch, rules: Visibility): AnyBatch => {
    const shown = batch.partitions.flatMap((partition, at) =>
      (rules.partitions?.includes(partition) ?? true) ? [at] : [],
    )
    // Blanking keeps the kind, and the loader of images.
    return blank(pickTable(batch, shown), rules) as AnyBatch
  }
  const show = (batch: AnyBatch, rules: Visibility): AnyBatch => watched.watch(visible(batch, rules))
  const valuesOf = (streamOf: StreamOf): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(operation.inputs).map(([port, { cardinality }]) => [
        port,
        portValue(inputs[port] ?? (cardinality === 'any' ? [] : undefined), streamOf),
      ]),
    )
  const values = (rules: Visibility, batchSize: number): Record<string, unknown> =>
    valuesOf((rows) =>
      isObservable(rows)
        ? rows.pipe(map((batch) => show(batch, rules)))
        : pulled(() => inTurn(cut(rows, batchSize).map((batch) => show(batch, rules)))),
    )
  let stateDir: string | undefined
  let fitted: Promise<unknown> | undefined
  const keptPixels = watchKeptPixels(operation.type)
  const context: RunContext = { operation, tables: tablesOf(inputs), keptPixels, show }
  const runOnce = async (batchSize: number, isReversed: boolean): Promise<Outputs> => {
    // Types are erased here; each implementation checks its own.
    const code = (await operation.load()) as Code
    const { keepPixels } = keptPixels
    const ofKind = operation.kind === 'source' ? { keepPixels } : {}
    const args = (rules: Visibility): object => ({ options, inputs: values(rules, batchSize), ctx, ...ofKind })
    if (operation.kind !== 'map' && operation.kind !== 'estimator') {
      const given = await code.run(args(wholeVisibility(operation)))
      return collectWhole(context, code, options, given)
    }
    const fit = async (): Promise<unknown> => {
      if (operation.joins) await checkJoin(operation, context.tables)
      stateDir = makeDir('state')
      await code.save(
        await code.fit(args(fitVisibility(operation.fitOn ?? [], operation.supervised ?? false))),
        stateDir,
      )
      return code.load(stateDir)
    }
    const state = operation.kind === 'estimator' ? await (fitted ??= fit()) : undefined
    const models = Object.entries(operation.outputs).flatMap(([name, { kind }]) =>
      kind === 'model' && stateDir !== undefined ? [[name, { kind, dir: stateDir }] as const] : [],
    )
    if (!code.open) return Object.fromEntries(models)
    const opened = await code.open({
      ...args(visibility.apply),
      inputs: {
        ...values(visibility.apply, batchSize),
        ...rowsThatThrow(operation),
      },
      state,
    })
    const edges = operation.joins ? joinOrder(operation, context.tables) : [rowsInput(operation, inputs)]
    const joined = joinBatches(
      edges.map(({ name, table }, at) => {
        const rows = at === 0 && isReversed ? pickTable(table, [...table.ids.keys()].reverse()) : table
        return { name, batches: cut(rows, batchSize) }
      }),
    )
    const applied = await applyAll(context, code, options, { opened, edges, joined })
    await opened.close?.()
    return { ...Object.fromEntries(models), ...applied }
  }
  return {
    logs,
    metrics,
    stateDir: () => stateDir,
    async run({ batchSize = run.batchSize ?? 16, isReversed = false } = {}) {
      try {
        const outputs = await runOnce(batchSize, isReversed)
        watched.check(operation.type)
        return outputs
      } catch (thrown) {
        throw await revealNames(thrown, [context.tables.map(({ table }) => table)])
      }
    },
    async start(streamOf) {
      const code = (await operation.load()) as Code
      const isFitted = operation.kind === 'estimator'
      const rules = isFitted
        ? fitVisibility(operation.fitOn ?? [], operation.supervised ?? false)
        : wholeVisibility(operation)
      const args = {
        options,
        inputs: valuesOf((rows) => (isObservable(rows) ? rows : streamOf(visible(rows, rules)))),
        ctx,
        ...(operation.kind === 'source' && { keepPixels: keptPixels.keepPixels }),
      }
      if (!isFitted) return code.run(args)
      await code.fit(args)
      return {}
    },
    dispose: () => {
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface RunContext {
  readonly operation: Operation
  readonly tables: readonly InputTable[]
  readonly keptPixels: WatchedPixels
  show(this: void, batch: AnyBatch, rules: Visibility): AnyBatch
}

interface InputTable {
  readonly port: string
  readonly name: string
  readonly table: AnyBatch
}

/** Inputs that come to `apply` instead: every one with rows, where they are joined. */
function rowsThatThrow({ type, inputs, rows, joins }: Operation): Record<string, unknown> {
  const error$ = throwError(() => rowsAtOpen(type))
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([port, { kind, cardinality }]) => {
      if (port !== rows && !(joins && isRowKind(kind))) return []
      return [[port, isListed(cardinality) ? [{ name: port, value: error$ }] : error$]]
    }),
  )
}

/** What the runner checks before a joining estimator is fitted. */
async function checkJoin(operation: Operation, tables: readonly InputTable[]): Promise<void> {
  const ordered = joinOrder(operation, tables)
  const joined = joinBatches(ordered.map(({ name, table }) => ({ name, batches: [table] })))
  while ((await joined.next()).done !== true);
}

function tablesOf(inputs: NonNullable<RunOperationOptions['inputs']>): InputTable[] {
  return Object.entries(inputs).flatMap(([port, value]) => {
    const entries = Array.isArray(value)
      ? (value as readonly Named<Value_>[])
      : [{ name: port, value: value as Value_ }]
    return entries.flatMap(({ name, value: each }) =>
      !isObservable(each) && isRowKind(each.kind) ? [{ port, name, table: each as AnyBatch }] : [],
    )
  })
}

async function applyAll(
  context: RunContext,
  code: Code,
  options: unknown,
  {
    opened,
    edges,
    joined,
  }: {
    readonly opened: OpenedCode
    readonly edges: readonly InputTable[]
    readonly joined: AsyncIterable<readonly StoredBatch[]>
  },
): Promise<Record<string, OutputTable>> {
  const { operation, show } = context
  const ports = Object.entries(operation.outputs).filter(([, { kind }]) => isRowKind(kind))
  const parts = new Map<string, AnyOutputBatch[]>(ports.map(([port]) => [port, []]))
  for await (const batches of joined) {
    // Tables were cut into batches of their own kind.
    const [batch] = batches as readonly [AnyBatch]
    const each = (batches as readonly AnyBatch[]).map((own) => show(own, visibility.apply))
    const [shown] = each as [AnyBatch]
    const applied = await opened.apply(operation.joins ? joinedByPort(operation, edges, each) : shown)
    refuseUndeclared(applied, operation)
    for (const [port, { kind }] of ports) {
      const what = outputOf(operation.type, port)
      const given = applied[port] as GivenBatch
      // Only ports of rows are asked for here.
      checkBatch(given, { kind: kind as RowKind, classNames: batch.classNames, what })
      checkSameRows(given, shown, what)
      const images = batch.kind === 'images' ? { uris: batch.uris, parentIds: batch.parentIds } : {}
      parts.get(port)!.push({ ...given, ...rowsOf(batch), ...(given.kind === 'images' ? images : {}) })
    }
  }
  return Object.fromEntries(
    [...parts].map(([port, given]) => [port, withPixels(concatOutputs(given), port, { context, code, options })]),
  )
}

async function collectWhole(
  context: RunContext,
  code: Code,
  options: unknown,
  given: Readonly<Record<string, unknown>>,
): Promise<Outputs> {
  const { operation, tables } = context
  refuseUndeclared(given, operation)
  const known = createKnownRows(wholeVisibility(operation).hidesNames)
  if (operation.kind !== 'report')
    for (const { name, table } of tables) addKnownRows(known, table, { name, seen: new Set(), choice: 0 })
  const facts = { known, classNames: tables[0]?.table.classNames ?? [] }
  const outputs: Record<string, OutputTable | ModelValue | ReportValue> = {}
  for (const [port, { kind }] of Object.entries(operation.outputs)) {
    const value = given[port]
    if (!isRowKind(kind)) {
      outputs[port] = folderOf(value, kind, outputOf(operation.type, port))
      continue
    }
    const what = outputOf(operation.type, port)
    if (!isObservable(value)) throw new PipelineError('ERR_PLUGIN', { message: `${what} is not a stream` })
    const policy = createRowPolicy(operation, facts, what)
    const checkPartitions = createPartitionCheck()
    const seen = new Set<string>()
    const batches = (await lastValueFrom((value as Observable<GivenBatch>).pipe(toArray()))).map((batch) => {
      checkBatch(batch, { kind, classNames: operation.kind === 'combine' ? facts.classNames : undefined, what })
      const { rows, parentIds, found } = policy.attach(batch)
      for (const id of rows.ids) {
        if (seen.has(id)) throw twice(id, what)
        seen.add(id)
      }
      checkPartitions(rows)
      if (batch.kind !== 'images') return { ...batch, ...rows }
      return { ...batch, ...rows, parentIds, uris: batch.uris.map((uri, at) => found[at]?.uri ?? uri) }
    })
    policy.finish()
    outputs[port] = withPixels(concatOutputs(batches), port, { context, code, options })
  }
  return outputs
}

function folderOf(value: unknown, kind: string, what: string): ModelValue | ReportValue {
  const folder = value as ModelValue | ReportValue | undefined
  if (folder?.kind === kind && typeof folder.dir === 'string') return folder
  throw new PipelineError('ERR_PLUGIN', { message: `${what} is not a ${kind}`, expected: `{ kind: "${kind}", dir }` })
}

function refuseUndeclared(given: Readonly<Record<string, unknown>>, { type, outputs }: Operation): void {
  const odd = Object.keys(given).find((port) => outputs[port] === undefined)
  if (odd === undefined) return
  throw new PipelineError('ERR_PLUGIN', {
    message: `${outputOf(type, odd)} is not declared`,
    expected: Object.keys(outputs).join(', '),
  })
}

function withPixels(
  table: AnyOutputBatch,
  port: string,
  { context, code, options }: { readonly context: RunContext; readonly code: Code; readonly options: unknown },
): OutputTable {
  if (table.kind !== 'images') return table
  const { operation, tables } = context
  const isRandom = operation.isRandom ?? tables.some(({ table: input }) => input.kind === 'images' && input.isRandom)
  const upstreamOf = (index: number, draw?: number): Promise<PixelImage> => {
    for (const id of [table.ids[index]!, (table.parentIds ?? table.ids)[index]!]) {
      for (const { table: input } of tables) {
        const at = input.kind === 'images' ? input.ids.indexOf(id) : -1
        if (input.kind === 'images' && at >= 0) return input.load(at, draw)
      }
    }
    return Promise.reject(new PipelineError('ERR_PLUGIN', { message: `Nothing is upstream of ${operation.type}` }))
  }
  const loadPixels = code.loadPixels?.bind(code)
  if (!loadPixels) return { ...table, ...(isRandom && { isRandom }), load: upstreamOf }
  return {
    ...table,
    ...(isRandom && { isRandom }),
    async load(index, draw, side) {
      const row = { id: table.ids[index]!, uri: table.uris[index]!, sourceId: table.sourceIds[index]! }
      const image = await loadPixelsOf(
        { type: operation.type, isSource: operation.kind === 'source', loadPixels },
        row,
        {
          port,
          parameters: table.parameters?.[index] ?? null,
          upstream: () => upstreamOf(index, draw),
          options,
          draw,
          side,
        },
      )
      return context.keptPixels.check({ port, ...row }, image)
    },
  }
}

function rowsInput(operation: Operation, inputs: NonNullable<RunOperationOptions['inputs']>): InputTable {
  const port = operation.rows ?? ''
  const value = inputs[port]
  if (!value || !('kind' in value) || !isRowKind(value.kind))
    throw new TypeError(`${operation.type}: give a whole table at input "${port}"`)
  return { port, name: port, table: value as AnyBatch }
}

/** The stream of a table; of a stream that was given as one, that. */
type StreamOf = (rows: AnyBatch | Observable<AnyBatch>) => Observable<AnyBatch>

function portValue(value: unknown, streamOf: StreamOf): unknown {
  if (value === undefined) return value
  if (isObservable(value)) return streamOf(value as Observable<AnyBatch>)
  if (Array.isArray(value))
    return (value as Named<Value_>[]).map((entry) => ({ name: entry.name, value: portValue(entry.value, streamOf) }))
  const single = value as Value_
  return isRowKind(single.kind) ? streamOf(single as AnyBatch) : single
}

/** Items one after the other. */
export async function* inTurn<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item)
}

/** A table in batches of a size; one batch of a table without rows. */
export function cut(table: AnyBatch, batchSize: number): AnyBatch[] {
  const batches: AnyBatch[] = []
  for (let start = 0; start < Math.max(1, table.ids.length); start += batchSize) {
    batches.push(
      pickTable(
        table,
        Array.from({ length: Math.min(batchSize, table.ids.length - start) }, (_, i) => start + i),
      ),
    )
  }
  return batches
}

/** The rows of a table at some positions. */
export function pickTable(batch: AnyBatch, indices: readonly number[]): AnyBatch {
  switch (batch.kind) {
    case 'images':
      return pickImages(batch, indices)
    case 'features':
      return pickFeatures(batch, indices)
    case 'predictions':
      return pickPredictions(batch, indices)
    case 'attributions':
      return pickAttributions(batch, indices)
    case 'tensor':
      return pickTensors(batch, indices)
  }
}

function concatOutputs(batches: readonly AnyOutputBatch[]): AnyOutputBatch {
  const [first] = batches
  if (!first) throw new TypeError('an output stream completed without a batch')
  switch (first.kind) {
    case 'features':
      return concatFeatures(batches as never)
    case 'predictions':
      return concatPredictions(batches as never)
    case 'attributions':
      return concatAttributions(batches as never)
    case 'tensor':
      return concatTensors(batches as never)
    case 'images': {
      const images = batches as readonly (ImageRows | ImageBatch)[]
      return {
        kind: 'images',
        ...concatRows(images),
        uris: images.flatMap((batch) => batch.uris),
        parentIds: images.flatMap((batch) => batch.parentIds ?? batch.ids),
        ...(images.some((batch) => 'parameters' in batch)
          ? { parameters: images.flatMap((batch) => ('parameters' in batch ? (batch.parameters ?? []) : [])) }
          : {}),
      }
    }
  }
}
