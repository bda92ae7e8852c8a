import { PipelineError } from '../errors.js'
import { joinRows } from '../join-rows.js'
import type { Json } from '../json.js'
import type { Partition, Rows } from '../payload/rows.js'
import type { StoredBatch } from '../payload/stored.js'
import { opaqueId } from './opaque-names.js'

/** Row columns of a row, as the runner knows them from the inputs. */
export interface KnownRow {
  /** Its own, whatever it is called inside the operation. */
  readonly id: string
  readonly sourceId: string
  readonly label: number
  readonly group: string
  readonly partition: Partition
  readonly attributes: Readonly<Record<string, string>> | undefined
  /** Of image rows. */
  readonly parentId: string | undefined
  readonly uri: string | undefined
  readonly transforms: readonly Json[]
  /** Which edge into an image input the row came through. */
  readonly choice: number
}

/** Rows of all inputs, in order of first appearance. */
export interface KnownRows {
  /** Rows by their own id. */
  readonly byId: ReadonlyMap<string, KnownRow>
  /** Rows by what the operation calls them. */
  readonly byName: ReadonlyMap<string, KnownRow>
  set(row: KnownRow): void
}

/** No rows yet. @param isOpaque - Whether the operation knows rows by opaque names. */
export function createKnownRows(isOpaque: boolean): KnownRows {
  const byId = new Map<string, KnownRow>()
  const byName = isOpaque ? new Map<string, KnownRow>() : byId
  return {
    byId,
    byName,
    set(row) {
      byId.set(row.id, row)
      if (isOpaque) byName.set(opaqueId(row.id, row.sourceId), row)
    },
  }
}

/**
 * Adds a batch of an input to the rows known.
 *
 * @throws PipelineError `ERR_DUPLICATE_ID` when an id stands twice in one input, `ERR_LEAKAGE` when two inputs tell different things of one row.
 */
export function addKnownRows(
  known: KnownRows,
  batch: StoredBatch,
  input: { readonly name: string; readonly seen: Set<string>; readonly choice: number },
): void {
  batch.ids.forEach((id, index) => {
    if (input.seen.has(id))
      throw new PipelineError('ERR_DUPLICATE_ID', { message: `Row id "${id}" stands twice in "${input.name}"` })
    input.seen.add(id)
    const partition = batch.partitions[index]!
    const row: KnownRow = {
      id,
      sourceId: batch.sourceIds[index]!,
      label: batch.labels[index]!,
      group: batch.groups[index]!,
      partition,
      attributes: attributesAt(batch, index),
      parentId: batch.kind === 'images' ? batch.parentIds[index] : undefined,
      uri: batch.kind === 'images' ? batch.uris[index] : undefined,
      transforms: batch.kind === 'images' ? batch.transforms[index]! : [],
      choice: input.choice,
    }
    const before = known.byId.get(id)
    if (!before) {
      known.set(row)
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
    if (batch.kind === 'images' && before.parentId === undefined) known.set(row)
  })
}

/** Ids must be those of the batch, in its order. @throws PipelineError `ERR_MISSING_ID`, `ERR_DUPLICATE_ID` or `ERR_BAD_DATA`. */
export function checkSameRows(output: Pick<Rows, 'ids'>, input: Pick<Rows, 'ids'>, what: string): void {
  if (output.ids.length === input.ids.length && output.ids.every((id, index) => id === input.ids[index])) return
  joinRows(input, output, {
    left: 'the input',
    right: what,
    hint: 'the operation gives back every row of its batch, in its order',
  })
  throw new PipelineError('ERR_BAD_DATA', {
    message: `${what} has the input's rows in another order`,
    hint: 'operations keep the order of rows',
  })
}

/** The known rows of these names. @throws PipelineError `ERR_MISSING_ID` for a name that no input has. */
export function findKnown(names: readonly string[], known: KnownRows, what: string): readonly KnownRow[] {
  return names.map((name) => {
    const row = known.byName.get(name)
    if (!row)
      throw new PipelineError('ERR_MISSING_ID', {
        message: `${what} has a row "${name}" that no input has`,
        hint: 'only an operation that expands may make rows, and names their parents',
      })
    return row
  })
}

function attributesAt({ attributes }: Rows, index: number): KnownRow['attributes'] {
  return attributes && Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, values[index]!]))
}

/** Columns of rows. */
export function columnsOf(rows: readonly KnownRow[]): Omit<Rows, 'classNames'> {
  return {
    ids: rows.map((row) => row.id),
    sourceIds: rows.map((row) => row.sourceId),
    labels: Int32Array.from(rows, (row) => row.label),
    groups: rows.map((row) => row.group),
    partitions: rows.map((row) => row.partition),
    ...attributesOf(rows),
  }
}

/** Attributes as columns; what a row does not have is not known of it. */
function attributesOf(rows: readonly KnownRow[]): Pick<Rows, 'attributes'> {
  const names = new Set<string>()
  for (const { attributes } of rows) for (const name in attributes) names.add(name)
  if (names.size === 0) return {}
  return {
    attributes: Object.fromEntries(
      [...names].sort().map((name) => [name, rows.map(({ attributes }) => attributes?.[name] ?? '')]),
    ),
  }
}
