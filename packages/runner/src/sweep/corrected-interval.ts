/** Mean of repeated measurements, their spread, and an interval for the mean. */
export interface CorrectedInterval {
  readonly mean: number
  /** Standard deviation over the repeats. */
  readonly sd: number
  readonly low: number
  readonly high: number
}

/**
 * Mean and corrected resampled t interval of one figure per split: mean ± t · √((1/n + numTest/numTrain) · s²), n − 1 degrees of freedom.
 *
 * An interval of n independent samples (1/n alone) would be far too narrow: the splits share most of their training rows.
 *
 * @throws RangeError with fewer than two values.
 * @see Nadeau and Bengio 2003, Inference for the Generalization Error, Machine Learning 52
 */
export function correctedInterval(input: {
  readonly values: readonly number[]
  readonly numTrain: number
  readonly numTest: number
  readonly confidence?: number
}): CorrectedInterval {
  const { values, numTrain, numTest, confidence = 0.95 } = input
  const n = values.length
  if (n < 2) throw new RangeError(`an interval over splits needs at least 2 splits, got ${String(n)}`)
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  const half = studentQuantile(0.5 + confidence / 2, n - 1) * Math.sqrt((1 / n + numTest / numTrain) * variance)
  return { mean, low: mean - half, high: mean + half, sd: Math.sqrt(variance) }
}

/** Quantile of Student's t for p above 0.5, by bisection of the closed form for whole degrees of freedom. */
export function studentQuantile(p: number, degrees: number): number {
  let low = 0
  let high = 1
  while (studentCdf(high, degrees) < p) high *= 2
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2
    if (studentCdf(middle, degrees) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** P(T ≤ t), t ≥ 0, whole degrees of freedom: Abramowitz and Stegun 26.7.3 and 26.7.4. */
function studentCdf(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees))
  const sine = Math.sin(angle)
  const squaredCosine = Math.cos(angle) ** 2
  const isOdd = degrees % 2 === 1
  let term = isOdd ? Math.cos(angle) : 1
  let sum = degrees === 1 ? 0 : term
  for (let k = isOdd ? 3 : 2; k < degrees; k += 2) {
    term *= ((k - 1) / k) * squaredCosine
    sum += term
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum
  return 0.5 + within / 2
}
