import { joinRows, PipelineError, type Json, type Partition, type Rows } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'

/** Row columns of a row, as the runner knows them from the inputs. */
export interface KnownRow {
  readonly sourceId: string
  readonly label: number
  readonly group: string
  readonly partition: Partition
  /** Of image rows. */
  readonly parentId: string | undefined
  readonly uri: string | undefined
  readonly transforms: readonly Json[]
  /** Which edge into an image input the row came through. */
  readonly choice: number
}

/** Rows of all inputs by id, in order of first appearance. */
export type KnownRows = ReadonlyMap<string, KnownRow>

/**
 * Adds a batch of an input to the rows known.
 *
 * @throws PipelineError `ERR_DUPLICATE_ID` when an id stands twice in one input, `ERR_LEAKAGE` when two inputs tell different things of one row.
 */
export function addKnownRows(
  known: Map<string, KnownRow>,
  batch: StoredBatch,
  input: { readonly name: string; readonly seen: Set<string>; readonly choice: number },
): void {
  batch.ids.forEach((id, index) => {
    if (input.seen.has(id))
      throw new PipelineError('ERR_DUPLICATE_ID', { message: `Row id "${id}" stands twice in "${input.name}"` })
    input.seen.add(id)
    const partition = batch.partitions[index]!
    const row: KnownRow = {
      sourceId: batch.sourceIds[index]!,
      label: batch.labels[index]!,
      group: batch.groups[index]!,
      partition,
      parentId: batch.kind === 'images' ? batch.parentIds[index] : undefined,
      uri: batch.kind === 'images' ? batch.uris[index] : undefined,
      transforms: batch.kind === 'images' ? batch.transforms[index]! : [],
      choice: input.choice,
    }
    const before = known.get(id)
    if (!before) {
      known.set(id, row)
      return
    }
    if (before.partition !== row.partition || before.label !== row.label || before.sourceId !== row.sourceId) {
      throw new PipelineError('ERR_LEAKAGE', {
        message: `Row "${id}" of "${input.name}" is not the row of the same id in another input`,
        expected: `partition ${before.partition}, label ${String(before.label)}`,
        received: `partition ${row.partition}, label ${String(row.label)}`,
        hint: 'take all inputs from one split of one source',
      })
    }
    if (batch.kind === 'images' && before.parentId === undefined) known.set(id, row)
  })
}

/** Ids must be those of the batch, in its order. @throws PipelineError `ERR_MISSING_ID`, `ERR_DUPLICATE_ID` or `ERR_BAD_DATA`. */
export function checkSameRows(output: Pick<Rows, 'ids'>, input: Pick<Rows, 'ids'>, what: string): void {
  if (output.ids.length === input.ids.length && output.ids.every((id, index) => id === input.ids[index])) return
  joinRows(input, output, { left: 'the input', right: what })
  throw new PipelineError('ERR_BAD_DATA', {
    message: `${what} has the input's rows in another order`,
    hint: 'operations keep the order of rows',
  })
}

/** Row columns of the known rows with these ids. @throws PipelineError `ERR_MISSING_ID` for an id that no input has. */
export function attachKnown(
  ids: readonly string[],
  known: KnownRows,
  what: string,
): { readonly rows: Omit<Rows, 'classNames'>; readonly found: readonly KnownRow[] } {
  const found = ids.map((id) => {
    const row = known.get(id)
    if (!row)
      throw new PipelineError('ERR_MISSING_ID', {
        message: `${what} has a row "${id}" that no input has`,
        hint: 'only an operation that expands may make rows, and names their parents',
      })
    return row
  })
  return { rows: { ids, ...columnsOf(found) }, found }
}

/** Columns of rows. */
export function columnsOf(rows: readonly KnownRow[]): Omit<Rows, 'classNames' | 'ids'> {
  return {
    sourceIds: rows.map((row) => row.sourceId),
    labels: Int32Array.from(rows, (row) => row.label),
    groups: rows.map((row) => row.group),
    partitions: rows.map((row) => row.partition),
  }
}
