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
 * DeLong's test for two correlated AUROCs.
 *
 * @param input - 1 marks positive rows; two scores per row, larger is more positive.
 * @returns Null when one class has fewer than two rows, which leaves the variance undefined.
 * @see DeLong et al. 1988, Comparing the areas under two or more correlated receiver operating characteristic curves
 */
export function deLong(input: {
  readonly isPositive: ArrayLike<number>
  readonly first: ArrayLike<number>
  readonly second: ArrayLike<number>
}): DeLongResult | null {
  const a = placements(input.isPositive, input.first)
  const b = placements(input.isPositive, input.second)
  if (a === null || b === null) return null
  const varianceFirst = structuralCovariance(a, a)
  const varianceSecond = structuralCovariance(b, b)
  const covariance = structuralCovariance(a, b)
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
  return { area: mean(positives), positives, negatives }
}

function structuralCovariance(a: Placements, b: Placements): number {
  return (
    covarianceOf(a.positives, b.positives) / a.positives.length +
    covarianceOf(a.negatives, b.negatives) / a.negatives.length
  )
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
