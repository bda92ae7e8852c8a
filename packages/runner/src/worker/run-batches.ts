import { isRowKind, PipelineError, type JsonObject, type RowKind } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import {
  checkBatch,
  checkSameRows,
  outputOf,
  rowsAtOpen,
  storeBatch,
  visibility,
  type GivenBatch,
} from '@etsef/plugin-api/semantics'
import { throwError } from 'rxjs'
import type { RowOutput } from './artifact-output.js'
import type { StageScope } from './context.js'
import { checkUnseen, type FittedInput } from './lineage.js'
import type { StageWork } from './run-whole.js'
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

/** Short streams end before their garbage matters. */
const batchesPerSweep = 4

/** Maps the rows port batch by batch: one batch is in memory at a time, and its row columns are put back as they were. */
export async function runBatches(work: StageWork, fittedState?: FittedState): Promise<void> {
  const { spec, operation, inputs, scope, artifact } = work
  const implementation = work.implementation as BatchImplementation
  const rules = operation.kind === 'map' ? visibility.map : visibility.apply
  const rows = inputs.rows.find((input) => input.spec.port === operation.rows)
  if (!rows || !implementation.open)
    throw new PipelineError('ERR_PLUGIN', {
      message: `${spec.type} has ${rows ? 'no open()' : `no rows at "${operation.rows ?? ''}"`}`,
    })
  const fitted = [
    ...inputs.fitted.filter((each) => each.name !== rows.spec.name),
    ...(fittedState ? [fittedState.fitted] : []),
  ]
  const opened = await implementation.open({
    options: spec.options,
    // Rows arrive at apply, batch by batch: as a stream they would let a map take statistics of test rows.
    inputs: { ...inputs.values(rules), [rows.spec.port]: throwError(() => rowsAtOpen(spec.type)) },
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
  let numBatches = 0
  try {
    for await (const batch of rows.reader.batches()) {
      scope.ctx.signal.throwIfAborted()
      checkUnseen(batch, fitted)
      const before = countTensors()
      const shown = inputs.shown(rows, batch, rules)
      const result = await opened.apply(shown)
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
  const { ids, sourceIds, labels, groups, partitions, classNames } = batch
  const rows = { ids, sourceIds, labels, groups, partitions, classNames }
  const parameters = given.kind === 'images' ? given.parameters : undefined
  const transforms = ids.map((_, index) => [
    ...(batch.kind === 'images' ? batch.transforms[index]! : []),
    ...(loadsPixels ? [parameters?.[index] ?? null] : []),
  ])
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
