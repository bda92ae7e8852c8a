import { erfc, erfcinv } from '../vendor/stdlib.js'

/** Two-sided p value of a standard normal statistic: P(|Z| > |z|). */
export function normalTwoSided(z: number): number {
  return erfc(Math.abs(z) * Math.SQRT1_2)
}

/**
 * Standard normal quantile.
 *
 * @param p - Probability in (0, 1).
 * @returns `z` with P(Z ≤ z) = p.
 * @throws RangeError outside (0, 1).
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`normalQuantile needs p in (0, 1), got ${p}`)
  return -Math.SQRT2 * erfcinv(2 * p)
}
