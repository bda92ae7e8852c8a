import { predictedCounts, trueCounts } from './confusion-matrix.js'
import type { ConfusionMatrix } from './confusion-matrix.js'
import { perClassMetrics, ratio } from './per-class.js'

/** Fraction of rows predicted right; null without rows. */
export function accuracy(matrix: ConfusionMatrix): number | null {
  return ratio(diagonal(matrix), total(matrix))
}

/**
 * Mean sensitivity over the classes that occur in the truth (scikit-learn's `balanced_accuracy_score`).
 *
 * @param options - `adjusted`: rescale so that chance is 0 and perfect is 1; default false.
 * @returns Null without rows; with `adjusted`, also null when only one class occurs.
 */
export function balancedAccuracy(
  matrix: ConfusionMatrix,
  options: { readonly adjusted?: boolean } = {},
): number | null {
  const recalls = perClassMetrics(matrix).flatMap(({ sensitivity }) => (sensitivity === null ? [] : [sensitivity]))
  const mean = ratio(sum(recalls), recalls.length)
  if (mean === null || options.adjusted !== true) return mean
  return recalls.length < 2 ? null : (mean - 1 / recalls.length) / (1 - 1 / recalls.length)
}

/**
 * Mean of the per-class F1 over the *task's* class list.
 *
 * A class that occurs neither in truth nor in predictions counts as 0, as in scikit-learn with `labels` given; the mean is
 * therefore over the same list in every partition and resample. This is not the F1 of mean precision and mean recall.
 */
export function macroF1(matrix: ConfusionMatrix): number | null {
  if (total(matrix) === 0) return null
  return sum(perClassMetrics(matrix).map(({ f1 }) => f1 ?? 0)) / matrix.numClasses
}

/** Mean of the per-class F1 weighted by the number of true rows of each class. */
export function weightedF1(matrix: ConfusionMatrix): number | null {
  return ratio(sum(perClassMetrics(matrix).map(({ f1, support }) => (f1 ?? 0) * support)), total(matrix))
}

/** Matthews correlation coefficient (multi-class form of Gorodkin 2004); abstention is one more predicted class; 0 when truth or predictions hold one class only. */
export function matthewsCorrelation(matrix: ConfusionMatrix): number | null {
  const n = total(matrix)
  if (n === 0) return null
  const truths = trueCounts(matrix)
  const predictions = predictedCounts(matrix)
  const covariance = diagonal(matrix) * n - dot(truths, predictions)
  const abstentions = sum(matrix.abstentions)
  const predictedSquares = dot(predictions, predictions) + abstentions * abstentions
  const scale = Math.sqrt(n * n - dot(truths, truths)) * Math.sqrt(n * n - predictedSquares)
  return scale === 0 ? 0 : covariance / scale
}

/**
 * Cohen's kappa.
 *
 * @param options - `weights`: `none` (default), `linear` or `quadratic` in the distance between class indices, for ordered classes.
 *   Abstention is one more predicted class; it has no distance, so weighted kappas are null when it occurs.
 * @returns Null when chance agreement is complete, e.g. a single class in truth and predictions.
 */
export function cohenKappa(
  matrix: ConfusionMatrix,
  options: { readonly weights?: 'none' | 'linear' | 'quadratic' } = {},
): number | null {
  const { numClasses, counts } = matrix
  const truths = trueCounts(matrix)
  const predictions = predictedCounts(matrix)
  const n = total(matrix)
  const weights = options.weights ?? 'none'
  const abstentions = sum(matrix.abstentions)
  if (abstentions > 0 && weights !== 'none') return null
  let observed = abstentions
  let expected = abstentions
  for (let t = 0; t < numClasses; t++) {
    for (let p = 0; p < numClasses; p++) {
      const weight = disagreement(Math.abs(t - p), weights)
      observed += weight * counts[t * numClasses + p]!
      expected += (weight * truths[t]! * predictions[p]!) / n
    }
  }
  return n === 0 || expected === 0 ? null : 1 - observed / expected
}

function disagreement(distance: number, weights: 'none' | 'linear' | 'quadratic'): number {
  if (weights === 'none') return distance === 0 ? 0 : 1
  return weights === 'linear' ? distance : distance * distance
}

function diagonal({ numClasses, counts }: ConfusionMatrix): number {
  let result = 0
  for (let c = 0; c < numClasses; c++) result += counts[c * numClasses + c]!
  return result
}

function total(matrix: ConfusionMatrix): number {
  return sum(matrix.counts) + sum(matrix.abstentions)
}

function sum(values: Iterable<number>): number {
  let result = 0
  for (const value of values) result += value
  return result
}

function dot(a: Float64Array, b: Float64Array): number {
  let result = 0
  for (let i = 0; i < a.length; i++) result += a[i]! * b[i]!
  return result
}
