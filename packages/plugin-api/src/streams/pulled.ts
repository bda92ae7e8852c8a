import { Observable } from 'rxjs'
import { streamBound, type StreamBound } from './bound.js'
import { onRelease } from './release.js'
import { currentActivity, isMore, leastOf, nextTurn, type Activity } from './rest.js'

/** How a stream is pulled. */
export interface PulledOptions {
  readonly bound?: StreamBound
  /** Work for the consumer that the event loop does not tell of, such as the decoding of pictures. */
  readonly isBusy?: (() => boolean) | undefined
  /** Told whenever a batch is handed out: how many are not released. */
  readonly watch?: ((numHeld: number) => void) | undefined
}

/**
 * A cold stream that reads on only when what it has handed out is released: memory is bounded by the consumer's work, not by the speed of
 * the reader.
 *
 * A batch is released by {@link release}: bounded operators, `collect` functions and the runner call it. A consumer of plain RxJS knows
 * nothing of it; all its batches count as released when the operation has come to rest, with no timer, request or decoding of its own
 * under way: it then waits for nothing but the next batch. So a fold gets all, and a slow `concatMap` a few at a time.
 *
 * @param read - Opens what is read, for every subscription anew. Its `return` is called when the consumer leaves.
 */
export function pulled<T extends object>(read: () => AsyncIterable<T>, options: PulledOptions = {}): Observable<T> {
  return new Observable((subscriber) => {
    const held = createHeld(options)
    const iterator = read()[Symbol.asyncIterator]()
    // Batch by batch in a call of its own: one that waits for the next keeps the last.
    const handOutNext = async (): Promise<boolean> => {
      await held.room()
      if (subscriber.closed) return false
      const next = await iterator.next()
      // The consumer may have left while the batch was read.
      if (subscriber.closed as boolean) return false
      if (next.done === true) {
        subscriber.complete()
        return false
      }
      held.add(next.value)
      subscriber.next(next.value)
      return true
    }
    const handOut = async (): Promise<void> => {
      while (await handOutNext());
    }
    handOut().catch((thrown: unknown) => {
      subscriber.error(thrown)
    })
    return () => {
      held.end()
      // What fails while nobody listens any more fails for nobody.
      void Promise.resolve(iterator.return?.()).catch(() => undefined)
    }
  })
}

interface Held {
  /** Resolves when another batch may be handed out. */
  room(): Promise<void>
  add(batch: object): void
  end(): void
}

/** How long a consumer may seem to work without releasing anything before it gets one batch more; twice as long each time. */
const patienceMs = 1000
/** Milliseconds between two looks at whether a consumer rests, at most. */
const lookMs = 4
/** The loop must be found without work this often: what a finished request leads to begins in the turn after it. */
const restingLooks = 2

function createHeld({ bound = streamBound, isBusy = () => false, watch }: PulledOptions): Held {
  const held = new Map<object, number>()
  let heldBytes = 0
  let isEnded = false
  let patience = patienceMs
  let wake = (): void => undefined
  // As it is before the consumer has anything to work on.
  let before: Activity = currentActivity()
  const isFull = (): boolean => !isEnded && held.size > 0 && (held.size >= bound.batches || heldBytes >= bound.bytes)
  const letGo = (batch: object): void => {
    heldBytes -= held.get(batch) ?? 0
    held.delete(batch)
    wake()
  }
  return {
    async room() {
      let numResting = 0
      const started = performance.now()
      for (let looks = 0; isFull(); looks++) {
        const delayMs = looks < restingLooks ? 0 : Math.min(looks - restingLooks + 1, lookMs)
        await Promise.race([nextTurn(delayMs), new Promise<void>((resolve) => (wake = resolve))])
        const now = currentActivity()
        before = leastOf(before, now)
        numResting = !isBusy() && !isMore(now, before) ? numResting + 1 : 0
        if (numResting >= restingLooks) {
          held.clear()
          heldBytes = 0
        } else if (isFull() && performance.now() - started > patience) {
          const [oldest] = held.keys()
          if (oldest) letGo(oldest)
          patience *= 2
        }
      }
    },
    add(batch) {
      const bytes = bytesOf(batch)
      held.set(batch, bytes)
      heldBytes += bytes
      watch?.(held.size)
      onRelease(batch, () => {
        letGo(batch)
      })
    },
    end() {
      isEnded = true
      wake()
    },
  }
}

function bytesOf(batch: object): number {
  let bytes = 0
  for (const value of Object.values(batch)) if (ArrayBuffer.isView(value)) bytes += value.byteLength
  return bytes
}
