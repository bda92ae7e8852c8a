import type { Operation } from '../define-operation.js'
import { isListed } from '../port.js'
import { PipelineError } from '../errors.js'
import type { StoredBatch } from '../payload/stored.js'
import { concatStored, pickStored } from '../payload/stored.js'

/** Rows of one input, a batch at a time, and what the input is called. */
export interface NamedBatches {
  readonly name: string
  readonly batches: AsyncIterable<StoredBatch> | Iterable<StoredBatch>
}

/**
 * Batches of several inputs joined by id: for every batch of the first, the same rows of each other one, in the same order.
 *
 * Inputs that stand in one order, as stored ones do, are read side by side; of others, rows wait in memory for their turn.
 *
 * @throws PipelineError `ERR_MISSING_ID` and `ERR_DUPLICATE_ID` for rows that one side lacks or has twice, `ERR_CLASS_LIST`, and
 * `ERR_LEAKAGE` where two inputs tell different things of one row.
 */
export async function* joinBatches(inputs: readonly NamedBatches[]): AsyncGenerator<readonly StoredBatch[]> {
  const [first, ...others] = inputs
  if (!first) throw new PipelineError('ERR_MISSING_INPUT', { message: 'There is nothing to join' })
  if (others.length === 0) {
    for await (const batch of first.batches) yield [batch]
    return
  }
  const waiting = others.map((input) => waitingRows(input, first.name))
  const seen = new Set<string>()
  for await (const batch of first.batches) {
    for (const id of batch.ids) {
      if (seen.has(id)) throw twiceIn(id, first.name)
      seen.add(id)
    }
    const joined: StoredBatch[] = [batch]
    for (const rows of waiting) joined.push(await rows.take(batch))
    yield joined
  }
  for (const rows of waiting) await rows.finish(seen)
}

/** An input with rows: the port it comes in at, and what it is called there. */
export interface PortName {
  readonly port: string
  readonly name: string
}

/** Inputs with rows in the order in which they are joined: the edges of `rows` first. */
export function joinOrder<T extends PortName>({ rows }: Pick<Operation, 'rows'>, inputs: readonly T[]): readonly T[] {
  return [...inputs.filter(({ port }) => port === rows), ...inputs.filter(({ port }) => port !== rows)]
}

/** Joined batches as `apply` is given them: named at a many-port. */
export function joinedByPort(
  { inputs }: Pick<Operation, 'inputs'>,
  edges: readonly PortName[],
  batches: readonly StoredBatch[],
): Record<string, unknown> {
  const ports: Record<string, unknown> = {}
  for (const [name, { cardinality }] of Object.entries(inputs)) {
    const entries = edges.flatMap((edge, at) => (edge.port === name ? [{ name: edge.name, value: batches[at]! }] : []))
    if (entries.length > 0) ports[name] = isListed(cardinality) ? entries : entries[0]!.value
  }
  return ports
}

interface WaitingRows {
  /** The rows of a batch of the first input. */
  take(batch: StoredBatch): Promise<StoredBatch>
  /** Refuses rows that the first input does not have. */
  finish(seen: ReadonlySet<string>): Promise<void>
}

function waitingRows({ name, batches }: NamedBatches, first: string): WaitingRows {
  const source: Pick<AsyncIterator<StoredBatch, unknown> | Iterator<StoredBatch, unknown>, 'next'> =
    Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]()
  const places = new Map<string, { readonly batch: StoredBatch; readonly at: number }>()
  const taken = new Set<string>()
  const readOn = async (): Promise<boolean> => {
    const next = await source.next()
    if (next.done === true) return false
    const { value } = next
    value.ids.forEach((id, at) => {
      if (places.has(id) || taken.has(id)) throw twiceIn(id, name)
      places.set(id, { batch: value, at })
    })
    return true
  }
  return {
    async take(batch) {
      const found: { batch: StoredBatch; at: number }[] = []
      for (const id of batch.ids) {
        while (!places.has(id) && (await readOn()));
        const place = places.get(id)
        if (!place) throw missingIn(id, name, first)
        found.push(place)
        places.delete(id)
        taken.add(id)
      }
      const rows = pickFound(found, batch, name)
      checkSameTask(batch, rows, first, name)
      return rows
    },
    async finish(seen) {
      while (await readOn());
      for (const id of places.keys()) if (!seen.has(id)) throw missingIn(id, first, name)
    },
  }
}

/** The rows as one batch; the batch itself where they are all of one, in its order. */
function pickFound(
  found: readonly { readonly batch: StoredBatch; readonly at: number }[],
  { ids }: StoredBatch,
  name: string,
): StoredBatch {
  const [start] = found
  if (!start) throw new PipelineError('ERR_MISSING_ID', { message: `"${name}" has no rows` })
  const isWhole =
    start.batch.ids.length === ids.length && found.every(({ batch, at }, i) => batch === start.batch && at === i)
  if (isWhole) return start.batch
  const batches = [...new Set(found.map(({ batch }) => batch))]
  const parts = batches.map((batch) => {
    const places = found.flatMap(({ batch: own, at }, i) => (own === batch ? [[i, at] as const] : []))
    return {
      positions: places.map(([i]) => i),
      rows: pickStored(
        batch,
        places.map(([, at]) => at),
      ),
    }
  })
  if (parts.length === 1) return parts[0]!.rows
  const positions = parts.flatMap((part) => part.positions)
  const order = new Array<number>(ids.length)
  positions.forEach((position, at) => (order[position] = at))
  return pickStored(concatStored(parts.map(({ rows }) => rows)), order)
}

function checkSameTask(a: StoredBatch, b: StoredBatch, first: string, name: string): void {
  if (a.classNames !== b.classNames && a.classNames.join('\u0000') !== b.classNames.join('\u0000'))
    throw new PipelineError('ERR_CLASS_LIST', {
      message: `"${name}" has another class list than "${first}"`,
      expected: a.classNames.join(', '),
      received: b.classNames.join(', '),
      hint: 'both must come from the same images',
    })
  for (const column of ['partitions', 'groups', 'sourceIds', 'labels'] as const) {
    for (let row = 0; row < a.ids.length; row++) {
      if (a[column][row] === b[column][row]) continue
      throw new PipelineError('ERR_LEAKAGE', {
        message: `Row "${a.ids[row]!}" differs in ${column} between "${first}" and "${name}"`,
        expected: String(a[column][row]),
        received: String(b[column][row]),
        hint: 'take all inputs from one split of one source',
      })
    }
  }
}

function twiceIn(id: string, name: string): PipelineError {
  return new PipelineError('ERR_DUPLICATE_ID', { message: `Row id "${id}" stands twice in "${name}"` })
}

function missingIn(id: string, lacking: string, having: string): PipelineError {
  return new PipelineError('ERR_MISSING_ID', {
    message: `Row id "${id}" of "${having}" is missing in "${lacking}"`,
    hint: 'the inputs of a join must hold the same rows; take them from the same split',
  })
}
