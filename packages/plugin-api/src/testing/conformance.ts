import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { throwError } from 'rxjs'
import type { Operation } from '../define-operation.js'
import { isRowKind } from '../define-operation.js'
import { apiVersion, type Plugin } from '../define-plugin.js'
import { PipelineError } from '../errors.js'
import { canonicalJson } from '../json.js'
import { isListed, type Spec } from '../port.js'
import { fitsModelType, showModel, showModelType } from '../semantics/model-type.js'
import { doesDraw } from '../semantics/with-seed.js'
import { inputsLeftOpen, measureStreams } from './measure-streams.js'
import { checkOpenFormats, type AskOpenFormats } from './open-formats-check.js'
import {
  checkedOptions,
  openOperation,
  pickTable,
  runOperation,
  type OpenedOperation,
  type OutputTable,
  type RunOperationOptions,
  type RunOperationResult,
} from './run-operation.js'

/** How the suite runs one operation. */
export interface ConformanceCase extends Pick<RunOperationOptions, 'options' | 'inputs' | 'engine'> {
  /** Relative tolerance between a batch of 1 and a batch of 16; default 1e-5. */
  readonly batchTolerance?: number
  /**
   * Most batches of its inputs that it holds at one time, for an operation that streams: measured with batches of one row. Left out: as many
   * as there are.
   */
  readonly holdsBatches?: number
  /** Asks what `writeOpenFormats` wrote, by the program that the files are for. Left out: what they say is not compared with the operation's answers. */
  readonly askOpenFormats?: AskOpenFormats
  /** A check that this operation cannot pass, with the reason. */
  readonly exempt?: Partial<Record<'sameBytes' | 'batchOfOne' | 'rowOrder' | 'testRows' | 'plannedSpecs', string>>
}

/** Cases by operation type; an operation without a case needs a reason in `untested`. */
export interface CheckPluginOptions {
  readonly cases: Readonly<Record<string, () => ConformanceCase | Promise<ConformanceCase>>>
  readonly untested?: Readonly<Record<string, string>>
}

/** A named check of one operation, or of the plugin. */
export interface ConformanceCheck {
  readonly operation: string | undefined
  readonly name: string
  /** Rejects when the promise is broken. */
  run(this: void): Promise<void>
}

/** A promise that a plugin breaks. */
export interface ConformanceProblem {
  readonly operation: string | undefined
  readonly check: string
  readonly error: Error
}

/** What does not conform, found without a test runner. */
export async function conformanceProblems(
  plugin: Plugin,
  options: CheckPluginOptions,
): Promise<readonly ConformanceProblem[]> {
  const { checks, dispose } = conformanceChecks(plugin, options)
  const problems: ConformanceProblem[] = []
  for (const { operation, name, run } of checks) {
    try {
      await run()
    } catch (thrown) {
      problems.push({ operation, check: name, error: thrown instanceof Error ? thrown : new Error(String(thrown)) })
    }
  }
  dispose()
  return problems
}

/** All checks of a plugin; `dispose` removes the folders that they have made. */
export function conformanceChecks(
  plugin: Plugin,
  options: CheckPluginOptions,
): { readonly checks: readonly ConformanceCheck[]; dispose(this: void): void } {
  const disposals: (() => void)[] = []
  const ofPlugin = (name: string, run: () => void): ConformanceCheck => ({
    operation: undefined,
    name,
    run: () => Promise.resolve().then(run),
  })
  const checks = [
    ofPlugin('is written against this contract', () => {
      demand(plugin.apiVersion === apiVersion, 'The version of the contract is another', apiVersion, plugin.apiVersion)
      demand(plugin.operations.length > 0, 'There is no operation')
    }),
    ofPlugin('has a case, or a reason, for every operation', () => {
      const known = new Set([...Object.keys(options.cases), ...Object.keys(options.untested ?? {})])
      const missing = plugin.operations.map(({ type }) => type).filter((type) => !known.has(type))
      demand(missing.length === 0, `There is no case for ${missing.join(', ')}`)
    }),
    ...plugin.operations.flatMap((operation) => {
      const makeCase = options.cases[operation.type]
      const named = (checks: Checks): ConformanceCheck[] =>
        Object.entries(checks).map(([name, run]) => ({ operation: operation.type, name, run: async () => run() }))
      return [
        ...named(declarationChecks(operation)),
        ...(makeCase ? named(behaviourChecks(operation, makeCase, disposals)) : []),
      ]
    }),
  ]
  return {
    checks,
    dispose: () => {
      for (const dispose of disposals) dispose()
    },
  }
}

type Checks = Readonly<Record<string, () => void | Promise<void>>>

function demand(holds: boolean, message: string, expected?: unknown, received?: unknown): asserts holds {
  if (holds) return
  const text = (value: unknown): string | undefined =>
    value === undefined || typeof value === 'string' ? value : JSON.stringify(value)
  throw new PipelineError('ERR_PLUGIN', { message, expected: text(expected), received: text(received) })
}

const camelCase = /^[a-z][a-zA-Z0-9]*$/
/** camelCase, or the one capital letter by which a field knows a quantity, such as `C` of an SVM. */
const optionName = /^([a-z][a-zA-Z0-9]*|[A-Z])$/
const functionsOfKinds = {
  source: ['run'],
  combine: ['run'],
  report: ['run'],
  map: ['open'],
  estimator: ['fit', 'save', 'load'],
}

function declarationChecks(operation: Operation): Checks {
  return {
    'describes itself, its options and its ports': () => {
      demand(operation.summary.length > 10, 'There is no summary')
      const schema = operation.options as {
        type?: string
        additionalProperties?: unknown
        properties?: Record<string, { description?: string }>
      }
      demand(schema.type === 'object', 'Options are no object')
      demand(schema.additionalProperties === false, 'Options take unknown keys', 'additionalProperties: false')
      for (const [name, { description }] of Object.entries(schema.properties ?? {})) {
        demand(optionName.test(name), `Option "${name}" has no name of the pipeline language`, 'camelCase')
        demand(Boolean(description), `Option "${name}" has no description`)
      }
      for (const [name, { description }] of [
        ...Object.entries(operation.inputs),
        ...Object.entries(operation.outputs),
      ]) {
        demand(camelCase.test(name), `Port "${name}" has no name of the pipeline language`, 'camelCase')
        demand(Boolean(description), `Port "${name}" has no description`)
      }
      demand(Object.keys(operation.outputs).length > 0, 'There is no output')
    },
    'says what its models are': () => {
      for (const [name, { kind, models }] of Object.entries(operation.outputs))
        demand(
          kind !== 'model' || models !== undefined,
          `Output "${name}" does not say what its models are`,
          "port.model('…', { modelKind: … })",
        )
    },
    'refuses an unknown option': () => {
      let isRefused = false
      try {
        checkedOptions(operation, { noSuchOption: 1 })
      } catch {
        isRefused = true
      }
      demand(isRefused, 'An unknown option is taken')
    },
    'loads code with the functions of its kind': async () => {
      const code = (await operation.load()) as Record<string, unknown>
      const hasRows = Object.values(operation.outputs).some(({ kind }) => isRowKind(kind))
      const hasImages = Object.values(operation.outputs).some(({ kind }) => kind === 'images')
      const needed = [
        ...functionsOfKinds[operation.kind],
        ...(operation.kind === 'estimator' && hasRows ? ['open'] : []),
        ...(operation.kind === 'source' && hasImages ? ['loadPixels'] : []),
      ]
      for (const name of needed)
        demand(typeof code[name] === 'function', `There is no function "${name}"`, needed.join(', '))
      if (operation.rows !== undefined || operation.kind === 'map' || operation.kind === 'estimator')
        demand(operation.inputs[operation.rows ?? ''] !== undefined, '`rows` names no input')
      const pictures = Object.entries(operation.inputs).find(([, { kind }]) => kind === 'images')
      demand(
        !operation.joins || pictures === undefined,
        'Images cannot be joined: their pixels come from one input',
        'inputs of features, predictions or attributions',
        pictures?.[0],
      )
    },
    'learns nothing from test rows': () => {
      const odd = (operation.fitOn ?? []).filter((partition: string) => partition !== 'train' && partition !== 'val')
      demand(odd.length === 0, `It is declared to be fitted on ${odd.join(', ')} rows`, 'train, val or both')
      const kinds = Object.values(operation.outputs).map(({ kind }) => kind)
      demand(
        operation.kind !== 'combine' || !kinds.includes('model') || !kinds.some(isRowKind),
        'A combine makes a model and gives rows: it could learn from the test rows that it gives',
        'an estimator, or two operations',
      )
    },
  }
}

function behaviourChecks(
  operation: Operation,
  makeCase: () => ConformanceCase | Promise<ConformanceCase>,
  disposals: (() => void)[],
): Checks {
  const opened = lazy(async () => {
    const given = await makeCase()
    const run = openOperation(operation, given)
    disposals.push(run.dispose)
    return { given, run }
  })
  const first = lazy(async () => (await opened()).run.run())
  const isApplied = operation.kind === 'map' || operation.kind === 'estimator'
  const hasImages = Object.values(operation.outputs).some(({ kind }) => kind === 'images')
  const rowsPort = Object.entries(operation.inputs).find(
    ([name, { kind, cardinality }]) =>
      isRowKind(kind) && cardinality === 'one' && (operation.joins !== undefined || (operation.rows ?? name) === name),
  )?.[0]
  const hasRowOutputs = Object.values(operation.outputs).some(({ kind }) => isRowKind(kind))
  // Maps and what estimators apply are handed one batch at a time.
  const readsStreams =
    (operation.kind === 'combine' || operation.kind === 'report') &&
    Object.values(operation.inputs).some(({ kind }) => isRowKind(kind))
  const sameWithFewerTestRows = async (): Promise<void> => {
    const { given } = await opened()
    if (given.exempt?.testRows) return
    const fewer = await runOperation(operation, { ...given, inputs: withFewerTestRows(given.inputs) })
    compareRows(await first(), fewer.outputs, given.batchTolerance ?? 1e-5)
    fewer.dispose()
  }
  const compareWith = (exempt: 'batchOfOne' | 'rowOrder', how: Parameters<OpenedOperation['run']>[0]) => async () => {
    const { given, run } = await opened()
    if (given.exempt?.[exempt]) return
    compareRows(await first(), await run.run(how), given.batchTolerance ?? 1e-5)
  }
  return {
    'gives its declared outputs as the runner takes them, and leaves its inputs alone': async () => {
      await first()
    },
    'gives what was planned': async () => {
      checkPlan(operation, (await opened()).given, await first())
    },
    'gives the same bytes for the same seed': async () => {
      const { given, run } = await opened()
      if (given.exempt?.sameBytes) return
      const before = digestOutputs(await first(), run.stateDir())
      const second = await runOperation(operation, given)
      const after = digestOutputs(second.outputs, second.stateDir)
      second.dispose()
      demand(after === before, 'A second run with the same inputs, options and seed gives other bytes')
    },
    ...(operation.draws === undefined || operation.draws === true
      ? {}
      : {
          'gives the same bytes for another seed, as it declares to draw nothing': async () => {
            const { given } = await opened()
            if (doesDraw(operation, checkedOptions(operation, given.options)) || given.exempt?.sameBytes) return
            const runs: string[] = []
            for (const seed of ['1', '2']) {
              const { outputs, stateDir, dispose } = await runOperation(operation, { ...given, seed })
              runs.push(digestOutputs(outputs, stateDir))
              dispose()
            }
            demand(runs[0] === runs[1], 'It is declared to draw nothing, but two runs of other seeds give other bytes')
          },
        }),
    ...(isApplied
      ? {
          'writes for other programs the same bytes twice, no name of a row, and its own answers': async () => {
            const { given, run } = await opened()
            const outputs = await first()
            await checkOpenFormats(operation, { given, outputs, stateDir: run.stateDir() })
          },
          'gives a batch of 1 what it gives a batch of 16': compareWith('batchOfOne', { batchSize: 1 }),
          'gives a row the same whatever rows went before it': compareWith('rowOrder', { isReversed: true }),
          ...(operation.joins
            ? {
                'learns nothing from the test rows of what it joins': sameWithFewerTestRows,
                'joins by id, whatever the order of rows in its inputs': async () => {
                  const { given } = await opened()
                  const turned = await runOperation(operation, { ...given, inputs: withTurnedRows(given.inputs) })
                  compareRows(await first(), turned.outputs, given.batchTolerance ?? 1e-5)
                  turned.dispose()
                },
              }
            : {}),
        }
      : {}),
    ...(operation.kind === 'combine'
      ? {
          'gives a row the same whatever test rows stand beside it': sameWithFewerTestRows,
        }
      : {}),
    ...(readsStreams
      ? {
          'leaves its inputs when it is left, and holds no more batches of them than its case says': async () => {
            const { given } = await opened()
            if (hasRowOutputs) {
              const numOpen = await inputsLeftOpen(operation, given)
              demand(
                numOpen === 0,
                'Inputs are read on after whoever read the outputs has left',
                '0 subscriptions',
                `${String(numOpen)} subscriptions`,
              )
            }
            const { holdsBatches } = given
            if (holdsBatches === undefined) return
            const { mostHeld, numBatches } = await measureStreams(operation, given)
            demand(
              numBatches > holdsBatches,
              'The case has too few rows to tell how many batches are held',
              `more than ${String(holdsBatches)} rows`,
              `${String(numBatches)} rows`,
            )
            demand(
              mostHeld <= holdsBatches,
              'It holds more batches of its inputs than its case says',
              `at most ${String(holdsBatches)}`,
              `${String(mostHeld)} of ${String(numBatches)}`,
            )
          },
        }
      : {}),
    ...(hasImages
      ? {
          'loads pictures as they are declared, the same bytes twice': async () => {
            for (const [port, output] of Object.entries(await first())) {
              if (output.kind !== 'images') continue
              for (const at of output.ids.keys()) {
                const [a, b] = [await output.load(at), await output.load(at)]
                const bytes = (image: typeof a): string =>
                  digest(canonicalJson([image.dtype, image.shape]) + digestOf(image.data))
                demand(
                  bytes(a) === bytes(b),
                  `Picture "${output.uris[at]!}" of output "${port}" is another when it is loaded again`,
                )
              }
            }
          },
        }
      : {}),
    ...(rowsPort !== undefined && operation.kind !== 'map'
      ? {
          'passes an upstream error through': async () => {
            const { given } = await opened()
            const failing = { ...given.inputs, [rowsPort]: throwError(() => new Error('upstream broke')) }
            let message = ''
            try {
              ;(await runOperation(operation, { ...given, inputs: failing })).dispose()
            } catch (thrown) {
              message = thrown instanceof Error ? thrown.message : String(thrown)
            }
            demand(message.includes('upstream broke'), 'An error of an input is lost', 'upstream broke', message)
          },
        }
      : {}),
  }
}

function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** Rows of two runs, by id: what both have must be the same to a tolerance. */
function compareRows(
  one: RunOperationResult['outputs'],
  other: RunOperationResult['outputs'],
  tolerance: number,
): void {
  for (const [port, output] of Object.entries(one)) {
    const twin = other[port]
    if ('dir' in output || !twin || 'dir' in twin) continue
    const [a, b] = [numbersOf(output), numbersOf(twin)]
    const scale = Math.max(1e-12, ...[...a.values()].map((row) => Math.max(...row.map(Math.abs))))
    for (const [id, row] of b) {
      const before = a.get(id)
      if (!before) continue
      const worst = Math.max(0, ...row.map((value, at) => Math.abs(value - before[at]!)))
      const isSame = row.length === before.length && worst / scale <= tolerance
      demand(
        isSame,
        `Row "${id}" of output "${port}" is another`,
        before.slice(0, 4).join(', '),
        row.slice(0, 4).join(', '),
      )
    }
  }
}

/** All numbers of each row. */
function numbersOf(output: OutputTable): ReadonlyMap<string, readonly number[]> {
  const columns: ArrayLike<number>[] =
    output.kind === 'features'
      ? [output.features]
      : output.kind === 'predictions'
        ? [output.scores, output.predicted]
        : output.kind === 'attributions'
          ? [output.values]
          : output.kind === 'tensor'
            ? [output.data]
            : []
  return new Map(
    output.ids.map((id, row) => [
      id,
      columns.flatMap((values) => {
        const width = values.length / output.ids.length
        return Array.from({ length: width }, (_, at) => values[row * width + at]!)
      }),
    ]),
  )
}

type Table = Parameters<typeof pickTable>[0]

/** Every second test row is left out of every table, the same ones of each. */
function withFewerTestRows(inputs: RunOperationOptions['inputs']): NonNullable<RunOperationOptions['inputs']> {
  return mapTables(inputs, (table) => {
    let numTest = 0
    return pickTable(
      table,
      table.partitions.flatMap((partition, at) => (partition === 'test' && numTest++ % 2 === 0 ? [] : [at])),
    )
  })
}

/** Every second table has its rows in the opposite order. */
function withTurnedRows(inputs: RunOperationOptions['inputs']): NonNullable<RunOperationOptions['inputs']> {
  let numTables = 0
  return mapTables(inputs, (table) =>
    numTables++ % 2 === 0 ? table : pickTable(table, [...table.ids.keys()].reverse()),
  )
}

function mapTables(
  inputs: RunOperationOptions['inputs'],
  change: (table: Table) => Table,
): NonNullable<RunOperationOptions['inputs']> {
  const changed = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.map((entry: { value: unknown }) => ({ ...entry, value: changed(entry.value) }))
    // What has ids is a table.
    return typeof value !== 'object' || value === null || !('ids' in value) ? value : change(value as Table)
  }
  return Object.fromEntries(Object.entries(inputs ?? {}).map(([port, value]) => [port, changed(value)])) as NonNullable<
    RunOperationOptions['inputs']
  >
}

function checkPlan(operation: Operation, given: ConformanceCase, outputs: RunOperationResult['outputs']): void {
  if (!operation.plan || given.exempt?.plannedSpecs) return
  const issues: string[] = []
  const planned = operation.plan({
    options: checkedOptions(operation, given.options),
    inputs: Object.fromEntries(
      Object.entries(operation.inputs).map(([name, { cardinality }]) => {
        const value = given.inputs?.[name]
        if (isListed(cardinality))
          return [
            name,
            ((value ?? []) as readonly { name: string; value: object }[]).map((entry) => ({
              name: entry.name,
              value: specOf(entry.value),
            })),
          ]
        return [name, value === undefined ? undefined : specOf(value)]
      }),
    ) as never,
    issue: (at, message) => issues.push(`${at}: ${message}`),
  })
  demand(issues.length === 0, 'Planning finds problems in a case that runs', undefined, issues.join('; '))
  for (const [name, spec] of Object.entries(planned)) {
    const { models } = operation.outputs[name] ?? {}
    if (spec && models) {
      const [expected, received] = [showModelType(models), showModel(spec)]
      demand(fitsModelType(spec, models), `Output "${name}" declares other models than planned`, expected, received)
    }
    const real = specOf(outputs[name])
    // A model or report is a directory in the plugin's own format, which only the plugin's own tests can check.
    if (!isRowKind(real.kind)) continue
    for (const fact of ['numFeatures', 'classNames', 'numSamples'] as const) {
      if (spec?.[fact] === undefined) continue
      const [expected, received] = [JSON.stringify(spec[fact]), JSON.stringify(real[fact])]
      demand(expected === received, `Output "${name}" has another ${fact} than planned`, expected, received)
    }
  }
}

function specOf(value: unknown): Spec {
  const batch = value as {
    kind: Spec['kind']
    classNames?: string[]
    ids?: string[]
    featureNames?: string[]
    partitions?: Spec['partitions']
  }
  return {
    kind: batch.kind,
    classNames: batch.classNames,
    numSamples: batch.ids?.length,
    numFeatures: batch.featureNames?.length,
    partitions: batch.partitions ? [...new Set(batch.partitions)] : undefined,
  }
}

function digestOutputs(outputs: RunOperationResult['outputs'], stateDir: string | undefined): string {
  const parts = Object.entries(outputs).map(([name, value]) =>
    'dir' in value ? `${name}:${digestDir(value.dir)}` : `${name}:${JSON.stringify(value, encode)}`,
  )
  return digest(canonicalJson([...parts, stateDir === undefined ? '' : digestDir(stateDir)]))
}

function digestOf(values: ArrayBufferView): string {
  return digest(Buffer.from(values.buffer, values.byteOffset, values.byteLength))
}

function encode(_key: string, entry: unknown): unknown {
  return ArrayBuffer.isView(entry)
    ? digest(Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength))
    : typeof entry === 'function'
      ? undefined
      : entry
}

function digestDir(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path.slice(dir.length)}=${digest(readFileSync(path))}`)
    .join('\n')
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
