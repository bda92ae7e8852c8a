import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { from, isObservable, lastValueFrom, toArray, type Observable } from 'rxjs'
import type { OperationContext } from '../context.js'
import type {
  CombineImplementation,
  EstimatorImplementation,
  MapImplementation,
  Named,
  Operation,
  Ports,
  ReportImplementation,
  SourceImplementation,
} from '../define-operation.js'
import { isRowKind } from '../define-operation.js'
import { PipelineError } from '../errors.js'
import type { Json } from '../json.js'
import { concatAttributions, pickAttributions } from '../payload/attributions.js'
import { concatFeatures, pickFeatures } from '../payload/features.js'
import { pickImages, type ImageBatch, type ImageRows } from '../payload/images.js'
import { concatPredictions, pickPredictions } from '../payload/predictions.js'
import { concatRows, hiddenLabel, type Rows } from '../payload/rows.js'
import type { Batches, OutputBatches } from '../payload/index.js'
import type { ModelValue, ReportValue } from '../payload/directories.js'
import type { RowKind } from '../port.js'
import { createRng } from '../rng.js'
import { checkOptions, type Schema } from '../schema/index.js'

type AnyBatch = Batches[RowKind]
type AnyOutputBatch = OutputBatches[RowKind]
type Value_ = AnyBatch | ModelValue | ReportValue

/** How {@link runOperation} runs. */
export interface RunOperationOptions {
  /** Options as written in YAML; defaults are filled in. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Whole tables per input (cut into batches of `batchSize`), model or report values; arrays of named ones for many-ports. */
  readonly inputs?: Readonly<Record<string, Value_ | readonly Named<Value_>[] | Observable<AnyBatch>>>
  readonly seed?: string
  readonly batchSize?: number
  /** Engine granted to tensor operations; default `ETSEF_ENGINE` or `wasm`. */
  readonly engine?: string
  readonly signal?: AbortSignal
}

/** What came out: whole tables, models and reports by output port, and what the operation told its context. */
export interface RunOperationResult {
  readonly outputs: Readonly<Record<string, AnyOutputBatch | ModelValue | ReportValue>>
  readonly logs: readonly { readonly level: string; readonly message: string }[]
  readonly metrics: readonly { readonly name: string; readonly value: number; readonly step: number | undefined }[]
  /** Directory of an estimator's saved state. */
  readonly stateDir: string | undefined
  /** Removes the temporary directories. */
  dispose(): void
}

/** Options with defaults filled in, checked as the runner checks them. @throws {@link PipelineError} `ERR_BAD_OPTION`. */
export function checkedOptions(operation: Operation, options: Readonly<Record<string, unknown>> = {}): unknown {
  // Options of a test are what YAML could hold.
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
 * Runs one operation in this process as the runner would: `fit` sees only its partitions, `apply` no labels, `combine` no test labels.
 *
 * An estimator's state goes through `save` and `load` before it is applied.
 */
export async function runOperation(operation: Operation, run: RunOperationOptions = {}): Promise<RunOperationResult> {
  const dir = mkdtempSync(join(tmpdir(), 'etsef-operation-'))
  const logs: { level: string; message: string }[] = []
  const metrics: { name: string; value: number; step: number | undefined }[] = []
  const seed = run.seed ?? '1'
  const makeDir = (name: string): string => {
    const path = join(dir, name)
    mkdirSync(path, { recursive: true })
    return path
  }
  const ctx: OperationContext = {
    signal: run.signal ?? new AbortController().signal,
    seed,
    rng: (...labels) => createRng(seed, ...labels),
    log: (level, message) => logs.push({ level, message }),
    progress: () => undefined,
    metric: (name, value, step) => metrics.push({ name, value, step }),
    tmpDir: makeDir('tmp'),
    checkpointDir: makeDir('checkpoint'),
    outputDir: (port) => makeDir(`out-${port}`),
    engine: operation.engine ? (run.engine ?? process.env['ETSEF_ENGINE'] ?? 'wasm') : undefined,
    threads: 1,
  }
  const options = checkedOptions(operation, run.options)
  const inputs = run.inputs ?? {}
  const batchSize = run.batchSize ?? 16
  const args = (view: (batch: AnyBatch) => AnyBatch): never =>
    // The declared types are erased here; each implementation checks its own.
    ({
      options,
      inputs: Object.fromEntries(
        Object.keys(operation.inputs).map((port) => [port, portValue(inputs[port], batchSize, view)]),
      ),
      ctx,
    }) as never
  const result = (outputs: RunOperationResult['outputs'], stateDir?: string): RunOperationResult => ({
    outputs,
    logs,
    metrics,
    stateDir,
    dispose: () => {
      rmSync(dir, { recursive: true, force: true })
    },
  })
  const implementation = await operation.load()
  if (operation.kind === 'estimator') {
    const estimator = implementation as EstimatorImplementation<unknown, Ports, Ports, unknown>
    const fitOn: readonly string[] = operation.fitOn ?? []
    const stateDir = makeDir('state')
    const fitView = (batch: AnyBatch): AnyBatch => {
      const kept = pick(
        batch,
        batch.partitions.flatMap((partition, index) => (fitOn.includes(partition) ? [index] : [])),
      )
      return operation.supervised ? kept : hideLabels(kept, () => true)
    }
    await estimator.save(await estimator.fit(args(fitView)), stateDir)
    const state = await estimator.load(stateDir)
    const outputs: Record<string, AnyOutputBatch | ModelValue> = {}
    for (const [name, { kind }] of Object.entries(operation.outputs))
      if (kind === 'model') outputs[name] = { kind: 'model', dir: stateDir }
    if (estimator.open) {
      const unlabelled: object = args((batch) => hideLabels(batch, () => true))
      const opened = await estimator.open({ ...unlabelled, state } as never)
      Object.assign(outputs, await applyAll(opened, rowsInput(operation, inputs), batchSize))
    }
    return result(outputs, stateDir)
  }
  if (operation.kind === 'map') {
    const opened = await (implementation as MapImplementation<unknown, Ports, Ports>).open(
      args((batch) => hideLabels(batch, () => true)),
    )
    return result(await applyAll(opened, rowsInput(operation, inputs), batchSize))
  }
  const view =
    operation.kind === 'report'
      ? (batch: AnyBatch) => batch
      : (batch: AnyBatch) =>
          hideLabels(
            batch,
            (partition) => partition === 'test' || (partition === 'none' && operation.rowPolicy !== 'split'),
          )
  const whole = implementation as
    | SourceImplementation<unknown, Ports>
    | CombineImplementation<unknown, Ports, Ports>
    | ReportImplementation<unknown, Ports, Ports>
  const values: Record<string, unknown> = await whole.run(args(view))
  const outputs: Record<string, AnyOutputBatch | ModelValue | ReportValue> = {}
  for (const [name, value] of Object.entries(values)) {
    outputs[name] = isObservable(value)
      ? concatOutputs(await lastValueFrom((value as Observable<AnyOutputBatch>).pipe(toArray())))
      : (value as ModelValue | ReportValue)
  }
  return result(outputs)
}

function rowsInput(operation: Operation, inputs: NonNullable<RunOperationOptions['inputs']>): AnyBatch {
  const value = inputs[operation.rows ?? '']
  if (!value || !('kind' in value) || !isRowKind(value.kind))
    throw new TypeError(`${operation.type}: give a whole table at input "${String(operation.rows)}"`)
  return value as AnyBatch
}

async function applyAll(
  opened: { apply(batch: AnyBatch): Promise<Record<string, unknown>>; close?(): Promise<void> },
  table: AnyBatch,
  batchSize: number,
): Promise<Record<string, AnyOutputBatch>> {
  const parts: Record<string, AnyOutputBatch[]> = {}
  for (const batch of cut(table, batchSize)) {
    const hidden = {
      ...hideLabels(batch, () => true),
      groups: batch.ids.map(() => ''),
      partitions: batch.ids.map(() => 'none' as const),
    }
    const applied = await opened.apply(hidden)
    for (const [name, value] of Object.entries(applied)) (parts[name] ??= []).push(value as AnyOutputBatch)
  }
  await opened.close?.()
  return Object.fromEntries(Object.entries(parts).map(([name, batches]) => [name, concatOutputs(batches)]))
}

function portValue(value: unknown, batchSize: number, view: (batch: AnyBatch) => AnyBatch): unknown {
  if (value === undefined || isObservable(value)) return value
  if (Array.isArray(value))
    return (value as Named<Value_>[]).map((entry) => ({
      name: entry.name,
      value: portValue(entry.value, batchSize, view),
    }))
  const single = value as Value_
  return isRowKind(single.kind) ? from(cut(single as AnyBatch, batchSize).map(view)) : single
}

function cut(table: AnyBatch, batchSize: number): AnyBatch[] {
  const batches: AnyBatch[] = []
  for (let start = 0; start < Math.max(1, table.ids.length); start += batchSize) {
    batches.push(
      pick(
        table,
        Array.from({ length: Math.min(batchSize, table.ids.length - start) }, (_, i) => start + i),
      ),
    )
  }
  return batches
}

function pick(batch: AnyBatch, indices: readonly number[]): AnyBatch {
  switch (batch.kind) {
    case 'images':
      return pickImages(batch, indices)
    case 'features':
      return pickFeatures(batch, indices)
    case 'predictions':
      return pickPredictions(batch, indices)
    case 'attributions':
      return pickAttributions(batch, indices)
  }
}

function hideLabels<B extends Rows>(batch: B, isHidden: (partition: string) => boolean): B {
  return {
    ...batch,
    labels: batch.labels.map((label, index) => (isHidden(batch.partitions[index]!) ? hiddenLabel : label)),
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
