import { betainc, gammaln } from '../vendor/stdlib.js'

/** Probability of exactly `k` successes in `n` fair trials; exact powers of two while `n` is small. */
export function fairBinomial(k: number, n: number): number {
  if (n > 1000) return Math.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) - n * Math.LN2)
  let ways = 1
  for (let i = 1; i <= Math.min(k, n - k); i++) ways = (ways * (n - Math.min(k, n - k) + i)) / i
  return ways / 2 ** n
}

/** Probability of at least `k` successes in `n` fair trials. */
export function fairBinomialAtLeast(k: number, n: number): number {
  return k <= 0 ? 1 : betainc(0.5, k, n - k + 1)
}
