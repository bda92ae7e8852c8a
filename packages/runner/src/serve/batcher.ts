import type { Picture } from '../predict/picture-batch.js'
import type { PredictionRow } from '../predict/predicted-row.js'
import type { BatchTimes } from './batch-times.js'

/** Answers pictures of many senders, those that wait together as one batch. */
export interface Batcher {
  /** Waiting or being computed. */
  readonly numPending: number
  /**
   * Whether a picture that comes now is answered in time: after what is left of the running batch, and with those that wait.
   *
   * @param numAhead - Pictures that are not here yet, and are to be let in before it.
   */
  isInTime(this: void, numAhead: number): boolean
  ask(this: void, picture: Picture): Promise<PredictionRow>
  /** For work that may wait: resolves when nobody waits for an answer, or after a few batches, so that it goes on under any load. */
  whenOthersAreServed(this: void): Promise<void>
}

/** How a batcher waits, and what it knows of time. */
export interface BatcherOptions {
  /** How long a batch waits for senders that were answered together. */
  readonly gatherMs: number
  /** Left out: whatever comes is in time. */
  readonly times?: BatchTimes | undefined
  /** Milliseconds; for tests. */
  readonly now?: () => number
}

/** An answer may take so many times as long as that of a picture alone: below 2, which senders are promised, for what HTTP and gathering add. */
const largestWait = 1.8

/** Batches that work which may wait lets go first. */
const batchesAhead = 4

interface Waiting {
  readonly picture: Picture
  resolve(this: void, row: PredictionRow): void
  reject(this: void, error: unknown): void
}

/**
 * Pictures that come while others are computed go together in the next batch.
 *
 * Senders that were answered together ask again together, a moment apart: a batch waits for as many as came last time, for `gatherMs` at most. Otherwise
 * the first of them would be computed alone, and the others wait for it and for themselves. A sender that is alone never waits.
 */
export function createBatcher(
  predict: (pictures: readonly Picture[]) => Promise<readonly PredictionRow[]>,
  { gatherMs, times, now = () => performance.now() }: BatcherOptions,
): Batcher {
  const waiting: Waiting[] = []
  let numComputed = 0
  let startedAt = 0
  let isRunning = false
  let numLast = 1
  let enough: (() => void) | undefined
  let numBatches = 0
  let patient: { readonly until: number; go(this: void): void }[] = []
  const letPatientGo = (): void => {
    const next = patient.filter(({ until }) => !isRunning || numBatches >= until)
    patient = patient.filter((each) => !next.includes(each))
    for (const { go } of next) go()
  }
  const gather = async (): Promise<void> => {
    if (waiting.length >= numLast) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((done) => {
      enough = done
      timer = setTimeout(done, gatherMs)
    })
    clearTimeout(timer)
    enough = undefined
  }
  const compute = async (batch: readonly Waiting[]): Promise<void> => {
    startedAt = now()
    try {
      const rows = await predict(batch.map(({ picture }) => picture))
      times?.observe(batch.length, now() - startedAt)
      // Counted before anyone is answered, and asks again.
      numLast = numComputed + waiting.length
      batch.forEach(({ resolve }, at) => {
        resolve(rows[at]!)
      })
    } catch (thrown) {
      // Whose fault it is shows when each is asked about alone.
      if (batch.length > 1) for (const one of batch) await compute([one])
      else batch[0]!.reject(thrown)
    }
  }
  const run = async (): Promise<void> => {
    isRunning = true
    while (waiting.length > 0) {
      await gather()
      const batch = waiting.splice(0)
      numComputed = batch.length
      await compute(batch)
      numComputed = 0
      numBatches++
      letPatientGo()
    }
    isRunning = false
    letPatientGo()
  }
  return {
    get numPending() {
      return waiting.length + numComputed
    },
    isInTime(numAhead) {
      // A picture alone is what others are compared with: nothing could make it faster.
      if (!times || waiting.length + numComputed + numAhead === 0) return true
      const left = numComputed === 0 ? 0 : Math.max(0, times.expected(numComputed) - (now() - startedAt))
      return left + times.expected(waiting.length + numAhead + 1) <= largestWait * times.expected(1)
    },
    ask: (picture) =>
      new Promise((resolve, reject) => {
        waiting.push({ picture, resolve, reject })
        if (!isRunning) void run()
        else if (waiting.length >= numLast) enough?.()
      }),
    whenOthersAreServed: () =>
      new Promise((go) => {
        if (isRunning) patient.push({ until: numBatches + batchesAhead, go })
        else go()
      }),
  }
}
