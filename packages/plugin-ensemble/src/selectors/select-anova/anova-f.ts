import { fSurvival } from '@etsef/distributions'
import { checkTraining, type Labels } from '@etsef/plugin-api/models'
import { columnMeans, type Matrix } from '../../numeric/linear-algebra/matrix.js'

/** F statistic and p-value of each column. */
export interface AnovaScores {
  /** NaN for a constant column; infinity where classes differ and no class varies. */
  readonly f: Float64Array
  readonly p: Float64Array
}

/**
 * One-way ANOVA F of each column between the classes: between-class over within-class mean square.
 *
 * Two-pass in float64, so an offset of 1e6 costs no digits (scikit-learn 1.9 in float32 returns −3 where 7 is right).
 *
 * @param x - `[numSamples, numFeatures]`.
 * @param y - Labels; classes without rows are left out of the degrees of freedom.
 * @returns Scores per column. Invariant to affine scaling of a column.
 * @throws PipelineError as `checkTraining`; `numSamples` equal to the number of classes gives NaN.
 */
export function anovaF(x: Matrix, y: Labels): AnovaScores {
  const present = checkTraining(x, y)
  const { numSamples, numFeatures, data } = x
  const grand = columnMeans(x)
  const counts = new Float64Array(y.numClasses)
  const sums = new Float64Array(y.numClasses * numFeatures)
  for (let i = 0, at = 0; i < numSamples; i++) {
    const base = y.labels[i]! * numFeatures
    counts[y.labels[i]!]!++
    for (let j = 0; j < numFeatures; j++, at++) sums[base + j]! += data[at]! - grand[j]!
  }
  for (const k of present) for (let j = 0; j < numFeatures; j++) sums[k * numFeatures + j]! /= counts[k]!
  const within = withinSquares(x, y.labels, grand, sums)
  const between = new Float64Array(numFeatures)
  for (const k of present) {
    for (let j = 0; j < numFeatures; j++) between[j]! += counts[k]! * sums[k * numFeatures + j]! ** 2
  }
  const d1 = present.length - 1
  const d2 = numSamples - present.length
  // What rounding alone leaves of a constant column is not variation.
  const isConstant = (j: number): boolean =>
    between[j]! + within[j]! <= numSamples * (8 * Number.EPSILON * Math.abs(grand[j]!)) ** 2
  const f = within.map((ssw, j) => (isConstant(j) || d2 === 0 ? NaN : between[j]! / d1 / (ssw / d2)))
  return { f, p: f.map((value) => fSurvival(value, d1, d2)) }
}

function withinSquares(x: Matrix, labels: Int32Array, grand: Float64Array, means: Float64Array): Float64Array {
  const { numSamples, numFeatures, data } = x
  const within = new Float64Array(numFeatures)
  for (let i = 0, at = 0; i < numSamples; i++) {
    const base = labels[i]! * numFeatures
    for (let j = 0; j < numFeatures; j++, at++) {
      const d = data[at]! - grand[j]! - means[base + j]!
      within[j]! += d * d
    }
  }
  return within
}
