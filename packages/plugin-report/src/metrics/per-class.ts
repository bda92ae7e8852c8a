import { predictedCounts, trueCounts } from './confusion-matrix.js'
import type { ConfusionMatrix } from './confusion-matrix.js'

/** One class against the rest. `null` marks a quotient with an empty denominator: not estimable, which is not 0. */
export interface ClassMetrics {
  /** Number of rows whose true class this is. */
  readonly support: number
  /** TP / (TP + FN); recall. */
  readonly sensitivity: number | null
  /** TN / (TN + FP). */
  readonly specificity: number | null
  /** TP / (TP + FP); precision. */
  readonly ppv: number | null
  /** TN / (TN + FN). */
  readonly npv: number | null
  /** 2 TP / (2 TP + FP + FN); null when the class occurs neither in truth nor in predictions. */
  readonly f1: number | null
}

/**
 * Sensitivity, specificity, predictive values and F1 of every class of the task.
 *
 * @param matrix - Confusion matrix over the task's class list.
 * @returns One record per class, in class order.
 */
export function perClassMetrics(matrix: ConfusionMatrix): ClassMetrics[] {
  const { numClasses, counts } = matrix
  const truths = trueCounts(matrix)
  const predictions = predictedCounts(matrix)
  const total = truths.reduce((sum, n) => sum + n, 0)
  return Array.from({ length: numClasses }, (_, c) => {
    const tp = counts[c * numClasses + c]!
    const fn = truths[c]! - tp
    const fp = predictions[c]! - tp
    const tn = total - tp - fn - fp
    return {
      support: truths[c]!,
      sensitivity: ratio(tp, tp + fn),
      specificity: ratio(tn, tn + fp),
      ppv: ratio(tp, tp + fp),
      npv: ratio(tn, tn + fn),
      f1: ratio(2 * tp, 2 * tp + fp + fn),
    }
  })
}

/** `a / b`, or null when `b` is 0. */
export function ratio(a: number, b: number): number | null {
  return b === 0 ? null : a / b
}
