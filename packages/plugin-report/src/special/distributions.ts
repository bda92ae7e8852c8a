import { incompleteBeta } from './beta.js'
import { logGamma, upperGamma } from './gamma.js'

/** P(Z > z) for a standard normal Z, float64 accurate in both tails. */
export function normalSurvival(z: number): number {
  const tail = 0.5 * upperGamma(0.5, (z * z) / 2)
  return z >= 0 ? tail : 1 - tail
}

/** Two-sided p value of a standard normal statistic. */
export function normalTwoSided(z: number): number {
  return upperGamma(0.5, (z * z) / 2)
}

/**
 * Standard normal quantile.
 *
 * Bisection on the survival function to float64 resolution; called a handful of times per report, so speed is no concern.
 *
 * @param p - Probability in (0, 1).
 * @returns `z` with P(Z <= z) = p.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`normalQuantile needs p in (0, 1), got ${p}`)
  if (p < 0.5) return -normalQuantile(1 - p)
  let low = 0
  let high = 40
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (normalSurvival(middle) > 1 - p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** P(X > x) for a chi-squared variable with `df` degrees of freedom. */
export function chiSquaredSurvival(x: number, df: number): number {
  return upperGamma(df / 2, x / 2)
}

/** Two-sided p value of Student's t with `df` degrees of freedom. */
export function studentTwoSided(t: number, df: number): number {
  return incompleteBeta(df / (df + t * t), df / 2, 0.5)
}

/** Probability of exactly `k` successes in `n` fair trials; exact powers of two while `n` is small. */
export function fairBinomial(k: number, n: number): number {
  if (n > 1000) return Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2)
  let ways = 1
  for (let i = 1; i <= Math.min(k, n - k); i++) ways = (ways * (n - Math.min(k, n - k) + i)) / i
  return ways / 2 ** n
}
