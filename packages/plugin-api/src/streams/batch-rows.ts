import type { OperatorFunction } from 'rxjs'
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

async function* regroup<B extends AnyBatch>(batches: AsyncIterable<B>, numRows: number): AsyncGenerator<B> {
  let pending: B[] = []
  let numPending = 0
  let isAnyGiven = false
  for await (const batch of batches) {
    // Of streams without a row one empty batch says what its columns are.
    if (batch.ids.length > 0 || pending.length === 0) pending.push(batch)
    numPending += batch.ids.length
    if (numPending >= numRows) {
      const whole = joinRowsOf(pending)
      let from = 0
      for (; from + numRows <= numPending; from += numRows) yield sliceRows(whole, from, from + numRows)
      isAnyGiven = true
      pending = from < numPending ? [sliceRows(whole, from, numPending)] : []
      numPending -= from
    }
    release(batch)
  }
  if (numPending > 0 || (!isAnyGiven && pending.length > 0)) yield joinRowsOf(pending)
}
