import type { OperatorFunction } from 'rxjs'
import { batchIterator } from './batch-iterator.js'
import { take } from './iterate.js'
import { oneBatch } from './map-rows.js'
import { pulled } from './pulled.js'
import { release } from './release.js'
import { joinRowsOf, sliceRows, type AnyBatch } from './tables.js'

/**
 * The same rows in batches of `numRows`; the last has what is left. It holds `numRows` rows and a batch.
 *
 * @throws RangeError when `numRows` is no number of rows.
 */
export function batchRows<B extends AnyBatch>(numRows: number): OperatorFunction<B, B> {
  if (!Number.isInteger(numRows) || numRows < 1) throw new RangeError(`batches of ${String(numRows)} rows`)
  return (batches$) => pulled(() => regroup(take(batches$), numRows), { bound: oneBatch })
}

/** Rows of a batch that are not handed out yet, from one position on. */
interface Pending<B> {
  readonly batch: B
  from: number
}

function regroup<B extends AnyBatch>(batches: AsyncIterableIterator<B, undefined>, numRows: number): AsyncIterable<B> {
  const pending: Pending<B>[] = []
  let numPending = 0
  let isAnyGiven = false
  let isWhole = false
  let read: B | undefined
  const readOn = async (): Promise<void> => {
    // What it gave has been released.
    if (read) release(read)
    read = undefined
    read = (await batches.next()).value
    if (!read) isWhole = true
    // Of streams without a row one empty batch says what its columns are.
    else if (read.ids.length > 0 || pending.length === 0) pending.push({ batch: read, from: 0 })
    numPending += read?.ids.length ?? 0
  }
  return batchIterator(
    async () => {
      while (!isWhole && numPending < numRows) await readOn()
      const isLeft = numPending > 0 || (!isAnyGiven && pending.length > 0)
      if (!isLeft) return undefined
      const batch = takeRows(pending, Math.min(numRows, numPending))
      numPending -= batch.ids.length
      isAnyGiven = true
      return batch
    },
    async () => batches.return?.(),
  )
}

/** The first rows of what is pending: copied once where they are of one batch, so that none keeps a larger one alive. */
function takeRows<B extends AnyBatch>(pending: Pending<B>[], numRows: number): B {
  const pieces: B[] = []
  let numMissing = numRows
  while (pieces.length === 0 || numMissing > 0) {
    const first = pending[0]!
    const to = Math.min(first.batch.ids.length, first.from + numMissing)
    const isWhole = first.from === 0 && to === first.batch.ids.length
    pieces.push(isWhole ? first.batch : sliceRows(first.batch, first.from, to))
    numMissing -= to - first.from
    first.from = to
    if (to === first.batch.ids.length) pending.shift()
  }
  return joinRowsOf(pieces)
}
