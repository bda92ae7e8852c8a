import { normalQuantile, normalTwoSided } from '@etsef/distributions'
import type { Interval } from '../intervals/wilson.js'

/** Two AUROCs on the same rows. */
export interface DeLongResult {
  readonly first: number
  readonly second: number
  readonly varianceFirst: number
  readonly varianceSecond: number
  readonly covariance: number
  /** Null when the difference has no variance: not estimable (e.g. equal scores, or both AUROCs 1). */
  readonly z: number | null
  readonly p: number | null
}

/**
 * DeLong's test for two correlated AUROCs; with groups, Obuchowski's form of it for rows of one patient, which is DeLong's when every row is a
 * group of its own.
 *
 * @param input - 1 marks positive rows; two scores per row, larger is more positive; `groups` holds the patient of each row.
 * @returns Null when one class has fewer than two rows, which leaves the variance undefined.
 * @see DeLong et al. 1988, Comparing the areas under two or more correlated receiver operating characteristic curves
 * @see Obuchowski 1997, Nonparametric analysis of clustered ROC curve data
 */
export function deLong(input: {
  readonly isPositive: ArrayLike<number>
  readonly first: ArrayLike<number>
  readonly second: ArrayLike<number>
  readonly groups?: ArrayLike<string> | undefined
}): DeLongResult | null {
  const a = placements(input.isPositive, input.first)
  const b = placements(input.isPositive, input.second)
  if (a === null || b === null) return null
  const clusters = input.groups && clustersOf(a, input.groups)
  const covarianceOfAreas = clusters
    ? (first: Placements, second: Placements) => clusteredCovariance(first, second, clusters)
    : structuralCovariance
  const varianceFirst = covarianceOfAreas(a, a)
  const varianceSecond = covarianceOfAreas(b, b)
  const covariance = covarianceOfAreas(a, b)
  const variance = varianceFirst + varianceSecond - 2 * covariance
  const z = variance > 1e-15 ? (a.area - b.area) / Math.sqrt(variance) : null
  return {
    first: a.area,
    second: b.area,
    varianceFirst,
    varianceSecond,
    covariance,
    z,
    p: z === null ? null : normalTwoSided(z),
  }
}

/** An AUROC with its DeLong variance and logit interval. */
export interface AurocInterval {
  readonly area: number
  readonly variance: number
  /** Null when the area is 0 or 1: DeLong's variance vanishes there and no interval is estimable this way. */
  readonly interval: Interval | null
}

/**
 * AUROC with a DeLong interval on the logit scale, which unlike the plain normal interval stays inside (0, 1).
 *
 * @param confidence - Level in (0, 1), default 0.95.
 * @returns Null when one class has fewer than two rows.
 */
export function aurocInterval(
  input: { readonly isPositive: ArrayLike<number>; readonly scores: ArrayLike<number> },
  confidence = 0.95,
): AurocInterval | null {
  const parts = placements(input.isPositive, input.scores)
  if (parts === null) return null
  const { area } = parts
  const variance = structuralCovariance(parts, parts)
  if (area <= 0 || area >= 1 || variance === 0) return { area, variance, interval: null }
  const logit = Math.log(area / (1 - area))
  const half = (normalQuantile(0.5 + confidence / 2) * Math.sqrt(variance)) / (area * (1 - area))
  return { area, variance, interval: { low: logistic(logit - half), high: logistic(logit + half) } }
}

interface Placements {
  readonly area: number
  /** Per positive row, the fraction of negatives below it. */
  readonly positives: Float64Array
  /** Per negative row, the fraction of positives above it. */
  readonly negatives: Float64Array
  readonly positiveRows: readonly number[]
  readonly negativeRows: readonly number[]
}

function placements(isPositive: ArrayLike<number>, scores: ArrayLike<number>): Placements | null {
  if (isPositive.length !== scores.length) {
    throw new RangeError(`isPositive has ${isPositive.length} rows, scores has ${scores.length}`)
  }
  const rows = Array.from({ length: scores.length }, (_, i) => i)
  const positiveRows = rows.filter((i) => isPositive[i] === 1)
  const negativeRows = rows.filter((i) => isPositive[i] !== 1)
  if (positiveRows.length < 2 || negativeRows.length < 2) return null
  const positives = new Float64Array(positiveRows.length)
  const negatives = new Float64Array(negativeRows.length)
  positiveRows.forEach((p, i) => {
    negativeRows.forEach((n, j) => {
      const win = scores[p]! > scores[n]! ? 1 : scores[p]! === scores[n]! ? 0.5 : 0
      positives[i] = positives[i]! + win / negatives.length
      negatives[j] = negatives[j]! + win / positives.length
    })
  })
  return { area: mean(positives), positives, negatives, positiveRows, negativeRows }
}

function structuralCovariance(a: Placements, b: Placements): number {
  return (
    covarianceOf(a.positives, b.positives) / a.positives.length +
    covarianceOf(a.negatives, b.negatives) / a.negatives.length
  )
}

interface Clusters {
  /** Number of the group of each positive and of each negative row. */
  readonly ofPositives: Int32Array
  readonly ofNegatives: Int32Array
  readonly numGroups: number
}

function clustersOf({ positiveRows, negativeRows }: Placements, groups: ArrayLike<string>): Clusters {
  const numbers = new Map<string, number>()
  const numberOf = (row: number): number => {
    const known = numbers.get(groups[row]!)
    if (known !== undefined) return known
    numbers.set(groups[row]!, numbers.size)
    return numbers.size - 1
  }
  const ofPositives = Int32Array.from(positiveRows, numberOf)
  const ofNegatives = Int32Array.from(negativeRows, numberOf)
  return { ofPositives, ofNegatives, numGroups: numbers.size }
}

/** Sums over each group of what its rows add to the area, and their products: S10 / m + S01 / n + S11 / (m n) twice. */
function clusteredCovariance(a: Placements, b: Placements, { ofPositives, ofNegatives, numGroups }: Clusters): number {
  const sums = (values: Float64Array, groups: Int32Array, area: number): Float64Array => {
    const total = new Float64Array(numGroups)
    for (let i = 0; i < values.length; i++) total[groups[i]!]! += values[i]! - area
    return total
  }
  const m = a.positives.length
  const n = a.negatives.length
  const aPositive = sums(a.positives, ofPositives, a.area)
  const aNegative = sums(a.negatives, ofNegatives, a.area)
  const bPositive = sums(b.positives, ofPositives, b.area)
  const bNegative = sums(b.negatives, ofNegatives, b.area)
  const numWithPositives = new Set(ofPositives).size
  const numWithNegatives = new Set(ofNegatives).size
  if (numWithPositives < 2 || numWithNegatives < 2) return 0
  let s10 = 0
  let s01 = 0
  let s11 = 0
  for (let g = 0; g < numGroups; g++) {
    s10 += aPositive[g]! * bPositive[g]!
    s01 += aNegative[g]! * bNegative[g]!
    s11 += aPositive[g]! * bNegative[g]! + aNegative[g]! * bPositive[g]!
  }
  const positives = (numWithPositives / ((numWithPositives - 1) * m)) * s10
  const negatives = (numWithNegatives / ((numWithNegatives - 1) * n)) * s01
  const both = (numGroups / (numGroups - 1)) * s11
  return positives / m + negatives / n + both / (m * n)
}

function covarianceOf(a: Float64Array, b: Float64Array): number {
  const meanA = mean(a)
  const meanB = mean(b)
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - meanA) * (b[i]! - meanB)
  return sum / (a.length - 1)
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
