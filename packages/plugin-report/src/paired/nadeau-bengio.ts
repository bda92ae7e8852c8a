import { studentTwoSided } from '@etsef/distributions'

/** Corrected resampled t test. */
export interface CorrectedTResult {
  readonly meanDifference: number
  /** Null when all differences are equal: the variance is 0 and the statistic undefined. */
  readonly t: number | null
  readonly p: number | null
  /** The uncorrected statistic, too large because resamples share training rows; for comparison only. */
  readonly naiveT: number | null
}

/**
 * Nadeau and Bengio's corrected resampled t test for score differences over repeated splits of one data set.
 *
 * @param input - One difference per split; rows per split used for training and for testing.
 * @throws RangeError with fewer than two differences.
 * @see Nadeau and Bengio 2003, Inference for the Generalization Error, Machine Learning 52
 */
export function nadeauBengio(input: {
  readonly differences: readonly number[]
  readonly numTrain: number
  readonly numTest: number
}): CorrectedTResult {
  const { differences, numTrain, numTest } = input
  const n = differences.length
  if (n < 2) throw new RangeError(`the corrected t test needs at least 2 splits, got ${n}`)
  const meanDifference = differences.reduce((sum, d) => sum + d, 0) / n
  const variance = differences.reduce((sum, d) => sum + (d - meanDifference) ** 2, 0) / (n - 1)
  if (variance === 0) return { meanDifference, t: null, p: null, naiveT: null }
  const t = meanDifference / Math.sqrt((1 / n + numTest / numTrain) * variance)
  return { meanDifference, t, p: studentTwoSided(t, n - 1), naiveT: meanDifference / Math.sqrt(variance / n) }
}
