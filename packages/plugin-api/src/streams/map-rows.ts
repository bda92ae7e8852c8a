import type { OperatorFunction } from 'rxjs'
import { batchIterator } from './batch-iterator.js'
import { streamBound } from './bound.js'
import { take } from './iterate.js'
import { pulled } from './pulled.js'
import { release } from './release.js'

/** An operator hands out one batch at a time; its source is ahead of it by its own bound. */
export const oneBatch = { batches: 1, bytes: Infinity }

/**
 * Batches made of batches, in their order.
 *
 * @param fn - Makes one of one. Called for at most `concurrency` batches at a time.
 * @param options - `concurrency`: 1 (default) to 4, for work that is waited for.
 * @throws RangeError for a `concurrency` outside that range: no source hands out more.
 */
export function mapRows<T extends object, R extends object>(
  fn: (batch: T) => R | Promise<R>,
  { concurrency = 1 }: { readonly concurrency?: number } = {},
): OperatorFunction<T, R> {
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > streamBound.batches)
    throw new RangeError(`concurrency ${String(concurrency)}: 1 to ${String(streamBound.batches)}`)
  return (batches$) => pulled(() => mapEach(take(batches$), fn, concurrency), { bound: oneBatch })
}

function mapEach<T extends object, R extends object>(
  batches: AsyncIterableIterator<T, undefined>,
  fn: (batch: T) => R | Promise<R>,
  concurrency: number,
): AsyncIterable<R> {
  const underWay: { readonly batch: T; readonly result: Promise<R> }[] = []
  let isWhole = false
  let given: T | undefined
  const start = (batch: T): void => {
    const result = Promise.resolve(batch).then(fn)
    // Told when its turn comes; until then nobody waits for it.
    result.catch(() => undefined)
    underWay.push({ batch, result })
  }
  return batchIterator(
    async () => {
      // Asked for the next: the result has been released.
      if (given) release(given)
      given = undefined
      while (!isWhole && underWay.length < concurrency) {
        const { value } = await batches.next()
        if (value) start(value)
        else isWhole = true
      }
      const first = underWay.shift()
      const result = await first?.result
      given = first?.batch
      return result
    },
    async () => batches.return?.(),
  )
}
