import {
  isListed,
  isRowKind,
  PipelineError,
  rowsOf,
  type JsonObject,
  type Operation,
  type RowKind,
} from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import {
  checkBatch,
  checkSameRows,
  joinedByPort,
  outputOf,
  rowsAtOpen,
  storeBatch,
  visibility,
  type GivenBatch,
} from '@etsef/plugin-api/semantics'
import { throwError } from 'rxjs'
import type { RowOutput } from './artifact-output.js'
import type { StageScope } from './context.js'
import { joinedRows, joinInputs } from './join-inputs.js'
import { checkUnseen, type FittedInput } from './lineage.js'
import { extendPath } from './pixel-path.js'
import type { StageWork } from './stage-work.js'
import type { OpenRows } from './stage-inputs.js'
import { boundGarbage } from './bounded-memory.js'
import { countTensors } from './tensors.js'

interface OpenedOperation {
  apply(batch: unknown): Promise<Record<string, GivenBatch>>
  close?(): Promise<void>
}

interface BatchImplementation {
  open?(args: {
    readonly options: JsonObject
    readonly inputs: Record<string, unknown>
    readonly ctx: StageScope['ctx']
    readonly state?: unknown
  }): Promise<OpenedOperation>
  readonly loadPixels?: unknown
}

/** What the apply of an estimator adds to that of a map. */
export interface FittedState {
  readonly state: unknown
  readonly fitted: FittedInput
}

/** Batches between two collections of garbage: a stream shorter than this ends before its garbage matters. */
const batchesPerSweep = 4

/** Maps the rows port batch by batch: one batch is in memory at a time, and its row columns are put back as they were. */
export async function runBatches(work: StageWork, fittedState?: FittedState): Promise<void> {
  const { spec, operation, inputs, scope, artifact } = work
  const implementation = work.implementation as BatchImplementation
  const rules = operation.kind === 'map' ? visibility.map : visibility.apply
  const edges = joinedRows(operation, inputs.rows)
  const [rows] = edges
  if (!rows || !implementation.open)
    throw new PipelineError('ERR_PLUGIN', {
      message: `${spec.type} has ${rows ? 'no open()' : `no rows at "${operation.rows ?? ''}"`}`,
    })
  // A row's own input may well have been fitted on rows like it: what is looked at is all that meets them here.
  const fittedBeside = edges.map(({ spec: { name } }) => [
    ...inputs.fitted.filter((each) => each.name !== name),
    ...(fittedState ? [fittedState.fitted] : []),
  ])
  const opened = await implementation.open({
    options: spec.options,
    // Rows arrive at apply, batch by batch: as a stream they would let a map take statistics of test rows.
    inputs: { ...inputs.values(rules), ...rowsThatThrow(operation, edges) },
    ctx: scope.ctx,
    ...(fittedState ? { state: fittedState.state } : {}),
  })
  const outputs = new Map(
    spec.outputs.flatMap((port) => {
      const kind = operation.outputs[port]!.kind
      return isRowKind(kind) ? [[port, { kind, output: artifact.rows(port, kind, spec.specs[port]) }] as const] : []
    }),
  )
  const loadsPixels = typeof implementation.loadPixels === 'function'
  const names = edges.map(({ spec }) => spec)
  let numBatches = 0
  try {
    for await (const batches of joinInputs(edges)) {
      scope.ctx.signal.throwIfAborted()
      batches.forEach((each, at) => {
        checkUnseen(each, fittedBeside[at]!)
      })
      const before = countTensors()
      const each = batches.map((own, at) => inputs.shown(edges[at]!, own, rules))
      const [batch, shown] = [batches[0]!, each[0]!]
      const result = await opened.apply(operation.joins ? joinedByPort(operation, names, each) : shown)
      reportTensors(scope, before)
      for (const [port, { kind, output }] of outputs)
        writeBatch({ type: spec.type, port, kind, output, given: result[port], shown, batch, loadsPixels })
      if (++numBatches % batchesPerSweep === 0) boundGarbage()
    }
  } finally {
    await opened.close?.()
  }
  for (const { output } of outputs.values()) output.close()
}

/** Rows come to `apply`: a stream at `open` says so to whoever reads it. */
function rowsThatThrow(operation: Operation, edges: readonly OpenRows[]): Record<string, unknown> {
  const error$ = throwError(() => rowsAtOpen(operation.type))
  return Object.fromEntries(
    edges.map(({ spec: { port } }) => {
      const own = edges.filter(({ spec }) => spec.port === port)
      const isMany = isListed(operation.inputs[port]?.cardinality)
      return [port, isMany ? own.map(({ spec: { name } }) => ({ name, value: error$ })) : error$]
    }),
  )
}

interface BatchToWrite {
  readonly type: string
  readonly port: string
  readonly kind: RowKind
  readonly output: RowOutput
  readonly given: GivenBatch | undefined
  /** The batch as the operation saw it. */
  readonly shown: StoredBatch
  readonly batch: StoredBatch
  readonly loadsPixels: boolean
}

function writeBatch({ type, port, kind, output, given, shown, batch, loadsPixels }: BatchToWrite): void {
  const what = outputOf(type, port)
  if (!given) throw new PipelineError('ERR_PLUGIN', { message: `${what} is missing in what apply() returned` })
  checkBatch(given, { kind, classNames: batch.classNames, what })
  checkSameRows(given, shown, what)
  const rows = rowsOf(batch)
  const { ids } = rows
  const parameters = given.kind === 'images' ? given.parameters : undefined
  const transforms = ids.map((_, index) =>
    extendPath(batch.kind === 'images' ? batch.transforms[index]! : [], {
      choice: undefined,
      parameters: loadsPixels ? (parameters?.[index] ?? null) : undefined,
    }),
  )
  output.write(
    storeBatch(given, rows, {
      ...(batch.kind === 'images' ? { parentIds: batch.parentIds, uris: batch.uris } : { parentIds: ids }),
      transforms,
    }),
  )
}

/** More tensors after a batch than before it: the operation leaks them. Said in the log; an error where tests ask for it. */
function reportTensors(scope: StageScope, before: number | undefined): void {
  const after = countTensors()
  if (before === undefined || after === undefined || after <= before) return
  scope.log('warn', `${String(after - before)} tensors were left after a batch`)
  if (process.env['ETSEF_STRICT_TENSORS'] === '1')
    throw new PipelineError('ERR_PLUGIN', {
      message: `${String(after - before)} tensors were left after a batch`,
      expected: '0',
    })
}
