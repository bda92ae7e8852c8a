import type { Operation } from '../define-operation.js'
import { PipelineError } from '../errors.js'
import type { Rows } from '../payload/rows.js'
import { sourceRows, type GivenBatch } from './given-batch.js'
import { columnsOf, findKnown, type KnownRow, type KnownRows } from './known-rows.js'
import { opaqueName } from './opaque-names.js'

/** A row that stands twice in an output. */
export function twice(id: string, what: string): PipelineError {
  return new PipelineError('ERR_DUPLICATE_ID', {
    message: `${what} has row id "${id}" twice`,
    hint: 'ids must be unique',
  })
}

/** Rows of a batch under their own names, with what the inputs know of them. */
export interface Attached {
  readonly rows: Rows
  readonly found: readonly (KnownRow | undefined)[]
  readonly parentIds: readonly string[]
}

/** Puts row columns back where they came from, and holds an operation to the rows it declares. */
export interface RowPolicy {
  attach(given: GivenBatch): Attached
  /** Checks what can only be known at the end. */
  finish(): void
}

/** What the inputs of a whole operation tell of the rows it may give. */
export interface InputFacts {
  readonly known: KnownRows
  readonly classNames: readonly string[]
}

/**
 * The rules for the rows of an output of a source, combine or report: `same`, `expand`, `subset` or `split`.
 *
 * @param what - How messages call the output.
 * @throws PipelineError from `attach` and `finish` when rows are lost, made, doubled or moved against the policy.
 */
export function createRowPolicy(
  operation: Pick<Operation, 'kind' | 'rowPolicy'>,
  facts: InputFacts,
  what: string,
): RowPolicy {
  const { known, classNames } = facts
  if (operation.kind === 'source') {
    return {
      attach: (given) => ({
        rows: sourceRows(given, what),
        found: given.ids.map(() => undefined),
        parentIds: parentsOf(given),
      }),
      finish: () => undefined,
    }
  }
  if (operation.kind === 'report') return reportPolicy(what)
  const policy = operation.rowPolicy ?? 'same'
  const expected = [...known.byName.keys()]
  const written = new Set<string>()
  const made = new Set<string>()
  let cursor = 0
  return {
    attach(given) {
      if (policy === 'expand') for (const id of given.ids) written.add(id)
      if (policy === 'same' || policy === 'split') {
        for (const id of given.ids) {
          if (id !== expected[cursor++]) throw notTheSame(id, expected, cursor - 1, what)
        }
      }
      if (policy === 'expand') return attachExpanded(given, { known, made, classNames }, what)
      const found = findKnown(given.ids, known, what)
      const rows = columnsOf(found)
      const partitions =
        policy === 'split'
          ? rows.partitions.map((own, index) => (own === 'none' ? (given.partitions[index] ?? 'none') : own))
          : rows.partitions
      return {
        rows: { ...rows, partitions, classNames },
        found,
        parentIds: found.map((row) => row.parentId ?? row.id),
      }
    },
    finish() {
      if ((policy === 'same' || policy === 'split') && cursor !== expected.length) {
        throw new PipelineError('ERR_MISSING_ID', {
          message: `${what} lacks row "${expected[cursor]!}" of the input`,
          expected: `${String(expected.length)} rows`,
          received: String(cursor),
          hint: 'an operation that drops rows declares rowPolicy subset',
        })
      }
      if (policy !== 'expand') return
      for (const [name, row] of known.byName) {
        if (row.partition === 'train' || written.has(name)) continue
        throw new PipelineError('ERR_MISSING_ID', {
          message: `${what} lacks row "${row.id}" of partition ${row.partition}`,
          hint: 'only train rows may be replaced',
        })
      }
    },
  }
}

function notTheSame(id: string, names: readonly string[], cursor: number, what: string): PipelineError {
  const expected = names[cursor]
  const position = names.indexOf(id)
  if (position < 0)
    return new PipelineError('ERR_MISSING_ID', {
      message: `${what} has a row "${id}" that no input has`,
      hint: 'only an operation that expands may make rows, and names their parents',
    })
  if (position < cursor) return twice(id, what)
  return new PipelineError('ERR_BAD_DATA', {
    message: `${what} has the rows in another order`,
    expected: expected === undefined ? 'no more rows' : `"${expected}"`,
    received: `"${id}"`,
    hint: 'keep the order of the first input',
  })
}

function attachExpanded(
  given: GivenBatch,
  { known, made, classNames }: { known: KnownRows; made: Set<string>; classNames: readonly string[] },
  what: string,
): Attached {
  const parents = parentsOf(given)
  const isNew = given.ids.map((name) => !known.byName.has(name))
  const found = findKnown(
    given.ids.map((name, index) => (isNew[index] ? parents[index]! : name)),
    known,
    what,
  )
  const ids = found.map((row, index) => {
    if (!isNew[index]) return row.id
    if (row.partition !== 'train') {
      throw new PipelineError('ERR_LEAKAGE', {
        message: `${what} makes row "${given.ids[index]!}" from "${row.id}" of partition ${row.partition}`,
        expected: 'new rows of train rows only',
        received: row.partition,
      })
    }
    const id = idOfNewRow(given.ids[index]!, known, made)
    made.add(id)
    return id
  })
  const parentIds = found.map((row, index) => (isNew[index] ? row.id : (row.parentId ?? row.id)))
  return { rows: { ...columnsOf(found), ids, classNames }, found, parentIds }
}

/** The name that an operation made of opaque ones, with the ids of those rows in it; unlike every other id. */
function idOfNewRow(name: string, known: KnownRows, made: ReadonlySet<string>): string {
  let id = name.replace(opaqueName, (each) => known.byName.get(each)?.id ?? each)
  while (known.byId.has(id) || made.has(id)) id += '~'
  return id
}

function parentsOf(given: GivenBatch): readonly string[] {
  return given.kind === 'images' ? (given.parentIds ?? given.ids) : given.ids
}

/** A report sees all labels. It may give any rows, since no operation can be fitted on what a report gives. */
function reportPolicy(what: string): RowPolicy {
  return {
    attach: (given) => ({
      rows: sourceRows(given, what),
      found: given.ids.map(() => undefined),
      parentIds: parentsOf(given),
    }),
    finish: () => undefined,
  }
}
