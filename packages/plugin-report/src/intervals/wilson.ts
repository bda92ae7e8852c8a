import { betaQuantile, normalQuantile } from '@etsef/distributions'

/** A closed interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** `successes` of `trials` independent rows. */
export interface Proportion {
  readonly successes: number
  readonly trials: number
}

/**
 * Wilson score interval of a proportion.
 *
 * @param confidence - Level in (0, 1), default 0.95.
 * @returns Null without trials.
 * @see Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference
 */
export function wilsonInterval({ successes, trials }: Proportion, confidence = 0.95): Interval | null {
  if (trials === 0) return null
  const z = normalQuantile(0.5 + confidence / 2)
  const p = successes / trials
  const centre = (p + (z * z) / (2 * trials)) / (1 + (z * z) / trials)
  const half = (z / (1 + (z * z) / trials)) * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials))
  return { low: successes === 0 ? 0 : centre - half, high: successes === trials ? 1 : centre + half }
}

/**
 * Clopper–Pearson ("exact") interval of a proportion: never too narrow, often too wide.
 *
 * @param confidence - Level in (0, 1), default 0.95.
 * @returns Null without trials.
 */
export function clopperPearsonInterval({ successes, trials }: Proportion, confidence = 0.95): Interval | null {
  if (trials === 0) return null
  const tail = (1 - confidence) / 2
  return {
    low: successes === 0 ? 0 : betaQuantile(tail, successes, trials - successes + 1),
    high: successes === trials ? 1 : betaQuantile(1 - tail, successes + 1, trials - successes),
  }
}

/**
 * Half the width of the Wilson interval at accuracy `p`: the smallest difference a test set of this size can show.
 *
 * @param numRows - Independent units (patients where images repeat), at least 1.
 * @param p - Expected proportion, default 0.9.
 */
export function resolution(numRows: number, p = 0.9, confidence = 0.95): number {
  const interval = wilsonInterval({ successes: p * numRows, trials: numRows }, confidence)
  return interval === null ? 1 : (interval.high - interval.low) / 2
}
