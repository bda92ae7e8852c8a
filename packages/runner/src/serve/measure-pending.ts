import type { Predictor } from '../predict/open-predictor.js'
import type { TrainingProfile } from '../predict/picture-facts.js'
import { isPredicted } from '../predict/predicted-row.js'
import { noisePicture } from './noise-picture.js'

/** How long pictures take here. */
export interface Measured {
  /** Pictures that may wait or be computed at a time. */
  readonly maxPending: number
  /** Milliseconds of batches of 1, 2, … pictures; empty where none could be measured. */
  readonly batchMs: readonly number[]
}

/** A batch may take so many times as long as one picture: below 2, which senders are promised, for what HTTP and gathering add. */
const largestRatio = 1.6
const largestPending = 8
const repeats = 4

/**
 * How many pictures are answered together in about the time of one, measured on noise of the size that was trained on. With more in the house, a
 * sender would wait for others longer than for the own picture.
 *
 * @param now - Milliseconds; for tests.
 */
export async function measurePending(
  { predict }: Pick<Predictor, 'predict'>,
  profile: TrainingProfile | undefined,
  now: () => number = () => performance.now(),
): Promise<Measured> {
  const side = profile ? Math.round((profile.sides.least + profile.sides.most) / 2) : 224
  const isGrey = profile?.areGrey ?? false
  let seed = 1
  const batchMs: number[] = []
  for (let size = 1; size <= largestPending; size++) {
    let best = Infinity
    // Of the first size the first round loads what is loaded when it is needed.
    for (let round = size === 1 ? -1 : 0; round < repeats; round++) {
      const pictures = Array.from({ length: size }, () => noisePicture(side, isGrey, seed++))
      const started = now()
      const rows = await predict(pictures)
      if (!rows.every(isPredicted)) return { maxPending: 1, batchMs: [] }
      if (round >= 0) best = Math.min(best, now() - started)
    }
    if (size > 1 && best > largestRatio * batchMs[0]!) break
    batchMs.push(best)
  }
  return { maxPending: batchMs.length, batchMs }
}
