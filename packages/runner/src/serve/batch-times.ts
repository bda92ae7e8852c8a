/** How long batches are expected to take. */
export interface BatchTimes {
  /** Milliseconds of a batch of so many pictures; infinite for more than were ever measured. */
  expected(this: void, numPictures: number): number
  /** Takes note of a batch that was computed. */
  observe(this: void, numPictures: number, ms: number): void
}

/** Weight of the newest batch in the mean of its size. */
const newest = 0.1
/** Sizes that are not seen, since they took too long once, come back to what was measured at start by so much with each picture alone. */
const forgotten = 0.02

/** Times of batches of 1, 2, … pictures, as they were measured and as they are since: something else may run on the machine now. */
export function createBatchTimes(measuredMs: readonly number[]): BatchTimes {
  const times = [...measuredMs]
  return {
    expected: (numPictures) => times[numPictures - 1] ?? Infinity,
    observe(numPictures, ms) {
      const at = numPictures - 1
      if (times[at] === undefined) return
      times[at] += newest * (ms - times[at])
      if (at > 0) return
      for (let other = 1; other < times.length; other++)
        times[other]! += forgotten * ((measuredMs[other]! / measuredMs[0]!) * times[0]! - times[other]!)
    },
  }
}
