import { Subscription, type Observable } from 'rxjs'
import { batchIterator } from './batch-iterator.js'
import { release } from './release.js'

/**
 * The batches of a stream one by one: each is released when the next is asked for. What comes before it is asked for waits, as many as the
 * stream hands out at once.
 */
export function iterate<T extends object>(batches$: Observable<T>): AsyncIterableIterator<T, undefined> {
  const batches = take(batches$)
  let given: T | undefined
  return batchIterator(
    async () => {
      if (given) release(given)
      given = undefined
      given = (await batches.next()).value
      return given
    },
    async () => batches.return?.(),
  )
}

/** As {@link iterate}, but whoever takes a batch releases it. Leaving unsubscribes. */
export function take<T extends object>(batches$: Observable<T>): AsyncIterableIterator<T, undefined> {
  const waiting: T[] = []
  const subscription = new Subscription()
  let isSubscribed = false
  let ended: { readonly error?: unknown } | undefined
  let wake = (): void => undefined
  const end = (how: { readonly error?: unknown }): void => {
    ended ??= how
    wake()
  }
  const subscribe = (): void => {
    isSubscribed = true
    const reading = batches$.subscribe({
      next(batch) {
        waiting.push(batch)
        wake()
      },
      error(error: unknown) {
        end({ error })
      },
      complete() {
        end({})
      },
    })
    subscription.add(reading)
  }
  return batchIterator(
    async () => {
      if (!isSubscribed) subscribe()
      for (;;) {
        const batch = waiting.shift()
        if (batch) return batch
        if (ended && 'error' in ended) throw ended.error
        if (ended) return undefined
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    () => {
      subscription.unsubscribe()
      waiting.length = 0
      end({})
      return Promise.resolve()
    },
  )
}
