import { betainc, betaincinv, gammainc, studentQuantile as quantile } from '../vendor/stdlib.js'

// Tails are asked for as such: 1 − P(X ≤ x) has no digits left where the tail is small.

/** P(X > x) for a chi-squared variable with `df` degrees of freedom. */
export function chiSquaredSurvival(x: number, df: number): number {
  return x <= 0 ? 1 : gammainc(x / 2, df / 2, true, true)
}

/**
 * P(F > f) for an F distribution.
 *
 * @param f - Statistic; infinity gives 0, 0 and less 1, NaN gives NaN.
 * @param d1 - Degrees of freedom of the numerator, greater than 0.
 * @param d2 - Degrees of freedom of the denominator, greater than 0.
 */
export function fSurvival(f: number, d1: number, d2: number): number {
  if (f === Infinity) return 0
  return f <= 0 ? 1 : betainc(d2 / (d2 + d1 * f), d2 / 2, d1 / 2)
}

/** Two-sided p value of Student's t with `df` degrees of freedom: P(|T| > |t|). */
export function studentTwoSided(t: number, df: number): number {
  return betainc(df / (df + t * t), df / 2, 0.5)
}

/** Quantile of Student's t with `df` degrees of freedom, for p in (0, 1). */
export function studentQuantile(p: number, df: number): number {
  return quantile(p, df)
}

/** Quantile of the beta distribution with shapes `a` and `b`, for p in [0, 1]. */
export function betaQuantile(p: number, a: number, b: number): number {
  return betaincinv(p, a, b)
}
