import { normalQuantile, normalTwoSided, studentQuantile } from '@etsef/distributions'
import type { BootstrapInterval } from './bootstrap.js'
import { quantile } from './quantile.js'

/** What an interval is made of; NaN marks resamples for which the statistic is not defined: they are left out and counted. */
export interface BcaInput {
  /** Of the full set. */
  readonly estimate: number
  readonly replicates: ArrayLike<number>
  /** With each independent unit (patient) left out. */
  readonly jackknife: ArrayLike<number>
  /** Level in (0, 1), default 0.95. */
  readonly confidence?: number
  /**
   * Number of independent units (patients). When given, the interval is widened to what so few units can tell: resamples vary less than studies
   * do, by (G − 1) / G, and their variance is itself estimated.
   */
  readonly numUnits?: number | undefined
}

/**
 * Bias-corrected and accelerated bootstrap interval. With replicates of whole groups and a jackknife that leaves out whole groups it is the
 * interval of clustered data.
 *
 * Replicates equal to the estimate count half on each side, as in scipy. Where the correction is not defined (all replicates on one side of
 * the estimate) the percentile interval is given, and named so.
 *
 * @returns Null without a defined estimate or replicate, and where all replicates are equal, which says nothing of the uncertainty.
 * @see Efron 1987, Better Bootstrap Confidence Intervals
 * @see Hesterberg 2015, What Teachers Should Know About the Bootstrap, on narrowness and expanded intervals
 */
export function bcaInterval({
  estimate,
  replicates,
  jackknife,
  confidence = 0.95,
  numUnits,
}: BcaInput): BootstrapInterval | null {
  const values = Float64Array.from(replicates)
    .filter((value) => !Number.isNaN(value))
    .sort()
  if (Number.isNaN(estimate) || values.length === 0 || values[0] === values.at(-1)) return null
  const z = widened(normalQuantile((1 + confidence) / 2), (1 + confidence) / 2, numUnits)
  const tail = normalBelow(-z)
  const levels = bcaLevels(values, estimate, jackknife, z)
  const [low, high] = levels ?? [tail, 1 - tail]
  return {
    low: quantile(values, low),
    high: quantile(values, high),
    usedResamples: values.length,
    method: levels === null ? 'percentile' : 'bca',
  }
}

function bcaLevels(
  values: Float64Array,
  estimate: number,
  jackknife: ArrayLike<number>,
  z: number,
): [number, number] | null {
  let below = 0
  for (const value of values) below += value < estimate ? 1 : value === estimate ? 0.5 : 0
  const share = below / values.length
  if (share <= 0 || share >= 1) return null
  const bias = normalQuantile(share)
  const acceleration = accelerationOf(jackknife)
  const level = (z: number): number => {
    const shifted = bias + z
    return normalBelow(bias + shifted / (1 - acceleration * shifted))
  }
  if (1 - acceleration * (bias + z) <= 0 || 1 - acceleration * (bias - z) <= 0) return null
  return [level(-z), level(z)]
}

/** Σ d³ / 6 (Σ d²)^{3/2} over the deviations of the jackknife from its mean; 0 when nothing deviates. */
function accelerationOf(jackknife: ArrayLike<number>): number {
  const values = Float64Array.from(jackknife).filter((value) => !Number.isNaN(value))
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let square = 0
  let cube = 0
  for (const value of values) {
    const deviation = mean - value
    square += deviation ** 2
    cube += deviation ** 3
  }
  return square === 0 || values.length === 0 ? 0 : cube / (6 * square ** 1.5)
}

/** Student's quantile, and a little wider still, where the number of units is known. */
function widened(z: number, level: number, numUnits: number | undefined): number {
  if (numUnits === undefined || numUnits < 2) return z
  return Math.sqrt(numUnits / (numUnits - 1)) * studentQuantile(level, numUnits - 1)
}

/** P(Z <= z) of a standard normal Z. */
function normalBelow(z: number): number {
  const tail = normalTwoSided(z) / 2
  return z < 0 ? tail : 1 - tail
}
