import type { Observable } from 'rxjs'
import { release } from './release.js'

/**
 * The batches of a stream one by one: each is released when the next is asked for. What comes before it is asked for waits, as many as the
 * stream hands out at once.
 */
export async function* iterate<T extends object>(batches$: Observable<T>): AsyncGenerator<T> {
  for await (const batch of take(batches$)) {
    yield batch
    release(batch)
  }
}

/** As {@link iterate}, but whoever takes a batch releases it. Leaving unsubscribes. */
export async function* take<T extends object>(batches$: Observable<T>): AsyncGenerator<T> {
  const waiting: T[] = []
  let ended: { readonly error?: unknown } | undefined
  let wake = (): void => undefined
  const subscription = batches$.subscribe({
    next(batch) {
      waiting.push(batch)
      wake()
    },
    error(error: unknown) {
      ended = { error }
      wake()
    },
    complete() {
      ended = {}
      wake()
    },
  })
  try {
    for (;;) {
      const batch = waiting.shift()
      if (batch) yield batch
      else if (ended) {
        if ('error' in ended) throw ended.error
        return
      } else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    subscription.unsubscribe()
  }
}
