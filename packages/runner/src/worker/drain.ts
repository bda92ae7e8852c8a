import { PipelineError } from '@etsef/plugin-api'
import type { GivenBatch } from '@etsef/plugin-api/semantics'
import { release } from '@etsef/plugin-api/streams'
import { Observable, Subscription } from 'rxjs'

/** Hands every batch to `take` as it comes; nothing is kept. Rejects with the stream's error, or with what `take` throws. */
export function drain(
  source: unknown,
  what: string,
  signal: AbortSignal,
  take: (batch: GivenBatch) => void,
): Promise<void> {
  if (
    !(source instanceof Observable) &&
    typeof (source as { subscribe?: unknown } | undefined)?.subscribe !== 'function'
  ) {
    return Promise.reject(
      new PipelineError('ERR_PLUGIN', {
        message: `${what} is not a stream`,
        expected: 'an Observable of batches',
        received: typeof source,
      }),
    )
  }
  // Any object with `subscribe` will do: the plugin may bring its own copy of rxjs.
  const stream = source as Observable<GivenBatch>
  return new Promise((resolve, reject) => {
    let isSettled = false
    const subscription = new Subscription()
    const settle = (finish: () => void): void => {
      if (isSettled) return
      isSettled = true
      signal.removeEventListener('abort', abort)
      finish()
    }
    const abort = (): void => {
      settle(() => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'))
      })
      subscription.unsubscribe()
    }
    signal.addEventListener('abort', abort)
    const reading = stream.subscribe({
      next: (batch) => {
        if (isSettled) return
        try {
          take(batch)
          release(batch)
        } catch (thrown) {
          settle(() => {
            reject(thrown instanceof Error ? thrown : new Error(String(thrown)))
          })
          subscription.unsubscribe()
        }
      },
      error: (thrown: unknown) => {
        settle(() => {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)))
        })
      },
      complete: () => {
        settle(resolve)
      },
    })
    subscription.add(reading)
    if (signal.aborted) abort()
  })
}
