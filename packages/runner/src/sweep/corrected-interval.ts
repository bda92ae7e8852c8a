import { studentQuantile } from '@etsef/distributions'

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
