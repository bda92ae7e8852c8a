import { studentTwoSided } from '@etsef/distributions'

/** A test of whether paired differences are zero on average. */
export interface PairedTest {
  readonly t: number
  /** Two-sided. */
  readonly p: number
}

/**
 * Corrected resampled t test of paired differences: t = mean / √((1/n + numTest/numTrain) · s²), n − 1 degrees of freedom.
 *
 * @returns `undefined` where all differences are equal: a spread of nothing tells nothing of chance.
 * @see Nadeau and Bengio 2003, Inference for the Generalization Error, Machine Learning 52
 */
export function correctedPairedTest(input: {
  readonly differences: readonly number[]
  readonly numTrain: number
  readonly numTest: number
}): PairedTest | undefined {
  const { differences, numTrain, numTest } = input
  const n = differences.length
  if (n < 2) return undefined
  const mean = differences.reduce((sum, value) => sum + value, 0) / n
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  // What is left of equal numbers that were subtracted from their mean is rounding.
  if (Math.sqrt(variance) <= 1e-12 * Math.max(1, Math.abs(mean))) return undefined
  const t = mean / Math.sqrt((1 / n + numTest / numTrain) * variance)
  return { t, p: studentTwoSided(t, n - 1) }
}

/** p values after Holm's step-down adjustment, in the order they came in. @see Holm 1979, Scandinavian Journal of Statistics 6 */
export function holm(values: readonly number[]): readonly number[] {
  const adjusted = new Array<number>(values.length)
  let least = 0
  values
    .map((p, index) => ({ p, index }))
    .sort((a, b) => a.p - b.p)
    .forEach(({ p, index }, rank) => {
      least = Math.max(least, Math.min(1, (values.length - rank) * p))
      adjusted[index] = least
    })
  return adjusted
}
