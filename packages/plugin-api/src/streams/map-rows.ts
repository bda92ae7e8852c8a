import type { OperatorFunction } from 'rxjs'
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

async function* mapEach<T extends object, R extends object>(
  batches: AsyncIterable<T>,
  fn: (batch: T) => R | Promise<R>,
  concurrency: number,
): AsyncGenerator<R> {
  const underWay: { readonly batch: T; readonly result: Promise<R> }[] = []
  const first = async function* (): AsyncGenerator<R> {
    const { batch, result } = underWay.shift()!
    yield await result
    // Asked for the next: the result has been released.
    release(batch)
  }
  for await (const batch of batches) {
    const result = Promise.resolve(batch).then(fn)
    // Told when its turn comes; until then nobody waits for it.
    result.catch(() => undefined)
    underWay.push({ batch, result })
    if (underWay.length === concurrency) yield* first()
  }
  while (underWay.length > 0) yield* first()
}
