/** How two members' right and wrong answers go together. Undefined figures are NaN. */
export interface PairDiversity {
  /** Yule's Q in [−1, 1]: 1 always right together, 0 independent, negative when they err on different rows. */
  readonly q: number
  /** Share of rows on which exactly one is right. */
  readonly disagreement: number
  /** Share of rows on which both are wrong. */
  readonly doubleFault: number
  /** Cohen's kappa between being right: 1 the same, 0 as by chance. */
  readonly kappa: number
  /** Pearson correlation between being right. */
  readonly correlation: number
}

/** What {@link diversity} measures. */
export interface Diversity {
  /** `[a, b]` with a < b, in order. */
  readonly pairs: readonly { readonly a: number; readonly b: number; readonly measures: PairDiversity }[]
  /** Means over the pairs for which the measure is defined; NaN when there is none. */
  readonly mean: PairDiversity
  /**
   * How many independent members of the same quality would have a mean correctness that varies as little: 1 when all
   * members are right on the same rows, their number when uncorrelated, more when they err on different rows. NaN when no
   * member errs, or none is ever right.
   */
  readonly effectiveMembers: number
}

/**
 * Diversity of two members.
 *
 * @param a - 1 where the member is right, else 0; as long as `b`.
 * @see Kuncheva and Whitaker 2003, Measures of diversity in classifier ensembles.
 */
export function pairDiversity(a: ArrayLike<number>, b: ArrayLike<number>): PairDiversity {
  const n = a.length
  let [rightA, rightB, both] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    rightA += a[i]!
    rightB += b[i]!
    both += a[i]! * b[i]!
  }
  const [onlyA, onlyB] = [rightA - both, rightB - both]
  const neither = n - both - onlyA - onlyB
  const cross = both * neither - onlyA * onlyB
  const expected = (rightA * rightB + (n - rightA) * (n - rightB)) / (n * n)
  return {
    q: cross / (both * neither + onlyA * onlyB),
    disagreement: (onlyA + onlyB) / n,
    doubleFault: neither / n,
    kappa: ((both + neither) / n - expected) / (1 - expected),
    correlation: cross / Math.sqrt(rightA * (n - rightA) * rightB * (n - rightB)),
  }
}

/**
 * Diversity of an ensemble. Five classifiers on the same features are not five opinions; this says how many they are.
 *
 * @param correct - Rows of 0 and 1, `[numSamples, numMembers]`: who is right on which row.
 */
export function diversity(correct: Uint8Array, numMembers: number): Diversity {
  const numSamples = numMembers === 0 ? 0 : correct.length / numMembers
  const columns = Array.from({ length: numMembers }, (_, m) =>
    Uint8Array.from({ length: numSamples }, (_, i) => correct[i * numMembers + m]!),
  )
  const pairs = columns.flatMap((column, a) =>
    columns.slice(a + 1).map((other, at) => ({ a, b: a + 1 + at, measures: pairDiversity(column, other) })),
  )
  const meanOf = (key: keyof PairDiversity): number => {
    const defined = pairs.map(({ measures }) => measures[key]).filter((value) => !Number.isNaN(value))
    return defined.reduce((sum, value) => sum + value, 0) / defined.length
  }
  return {
    pairs,
    mean: {
      q: meanOf('q'),
      disagreement: meanOf('disagreement'),
      doubleFault: meanOf('doubleFault'),
      kappa: meanOf('kappa'),
      correlation: meanOf('correlation'),
    },
    effectiveMembers: effectiveMembers(columns, numSamples),
  }
}

/** numMembers · Σ variance / Σ covariance, over all ordered pairs: the variance of the mean against that of one member. */
function effectiveMembers(columns: readonly Uint8Array[], numSamples: number): number {
  const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / numSamples)
  const variances = means.reduce((sum, mean) => sum + mean * (1 - mean), 0)
  const centre = means.reduce((sum, mean) => sum + mean, 0)
  let covariances = 0
  for (let i = 0; i < numSamples; i++) {
    const right = columns.reduce((sum, column) => sum + column[i]!, 0)
    covariances += (right - centre) ** 2 / numSamples
  }
  if (variances === 0) return NaN
  // Members that complement each other exactly leave no variance at all.
  return covariances <= 1e-12 * variances ? Infinity : (columns.length * variances) / covariances
}
