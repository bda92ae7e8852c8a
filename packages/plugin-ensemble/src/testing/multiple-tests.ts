/** P(X ≤ k) of a binomial variable. */
export function binomialCdf(k: number, trials: number, probability: number): number {
  let [term, sum] = [(1 - probability) ** trials, 0]
  for (let i = 0; i <= Math.min(k, trials); i++) {
    sum += term
    term *= ((trials - i) / (i + 1)) * (probability / (1 - probability))
  }
  return Math.min(1, sum)
}

/** Holm's step-down adjustment of p-values, in their order (Holm 1979). */
export function holmAdjusted(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!)
  const adjusted = new Array<number>(pValues.length)
  let largest = 0
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]!))
    adjusted[i] = largest
  })
  return adjusted
}
