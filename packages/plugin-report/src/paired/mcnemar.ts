import { chiSquaredSurvival, fairBinomial } from '@etsef/distributions'

/** Rows on which two classifiers disagree in being right. */
export interface Discordance {
  /** Only the first classifier is right. */
  readonly onlyFirst: number
  /** Only the second classifier is right. */
  readonly onlySecond: number
}

/** McNemar's test in its usual forms. */
export interface McNemarResult extends Discordance {
  /** Two-sided binomial p value; 1 without discordant rows. The default to report. */
  readonly exactP: number
  /** Mid-p value: less conservative than exact. */
  readonly midP: number
  /** (b − c)² / (b + c); null without discordant rows. */
  readonly chiSquared: number | null
  readonly chiSquaredP: number
  /** (|b − c| − 1)² / (b + c); null without discordant rows. */
  readonly chiSquaredCorrected: number | null
  readonly chiSquaredCorrectedP: number
}

/**
 * McNemar's test for two classifiers on the same rows.
 *
 * @throws RangeError for negative or fractional counts.
 * @see Fagerland et al. 2013, The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than exact conditional
 */
export function mcnemar({ onlyFirst, onlySecond }: Discordance): McNemarResult {
  for (const count of [onlyFirst, onlySecond]) {
    if (!Number.isInteger(count) || count < 0)
      throw new RangeError(`discordant counts must be whole numbers, got ${count}`)
  }
  const n = onlyFirst + onlySecond
  if (n === 0) {
    const undefinedStatistic = { chiSquared: null, chiSquaredP: 1, chiSquaredCorrected: null, chiSquaredCorrectedP: 1 }
    return { onlyFirst, onlySecond, exactP: 1, midP: 1, ...undefinedStatistic }
  }
  const smaller = Math.min(onlyFirst, onlySecond)
  let tail = 0
  for (let k = 0; k <= smaller; k++) tail += fairBinomial(k, n)
  const difference = Math.abs(onlyFirst - onlySecond)
  const chiSquared = difference ** 2 / n
  const chiSquaredCorrected = Math.max(difference - 1, 0) ** 2 / n
  return {
    onlyFirst,
    onlySecond,
    exactP: Math.min(1, 2 * tail),
    midP: Math.min(1, 2 * tail - fairBinomial(smaller, n)),
    chiSquared,
    chiSquaredP: chiSquaredSurvival(chiSquared, 1),
    chiSquaredCorrected,
    chiSquaredCorrectedP: chiSquaredSurvival(chiSquaredCorrected, 1),
  }
}

/**
 * Counts the discordant rows of two classifiers.
 *
 * @param input - True classes and both predictions, `[numSamples]` each, aligned by id beforehand.
 * @throws RangeError when lengths differ.
 */
export function discordance(input: {
  readonly yTrue: ArrayLike<number>
  readonly first: ArrayLike<number>
  readonly second: ArrayLike<number>
}): Discordance {
  const { yTrue, first, second } = input
  if (first.length !== yTrue.length || second.length !== yTrue.length) {
    throw new RangeError(`lengths differ: ${yTrue.length} true, ${first.length} first, ${second.length} second`)
  }
  let onlyFirst = 0
  let onlySecond = 0
  for (let i = 0; i < yTrue.length; i++) {
    const isFirstRight = first[i] === yTrue[i]
    const isSecondRight = second[i] === yTrue[i]
    if (isFirstRight && !isSecondRight) onlyFirst++
    if (!isFirstRight && isSecondRight) onlySecond++
  }
  return { onlyFirst, onlySecond }
}
