import { abstained, checkLabels } from './labels.js'
import type { HardLabels } from './labels.js'

/** Counts `[numClasses, numClasses]`, row = true class, column = predicted class. */
export interface ConfusionMatrix {
  readonly numClasses: number
  /** Row-major counts. */
  readonly counts: Float64Array
  /** Rows of each true class for which no class was predicted, `[numClasses]`; errors that fall in no column. */
  readonly abstentions: Float64Array
}

/**
 * Confusion matrix with true classes as rows and predicted classes as columns (scikit-learn's orientation).
 *
 * @param labels - True and predicted class indices.
 * @returns Counts over the task's full class list, so absent classes keep their empty row and column.
 * @throws RangeError when lengths differ or a label is outside the class list.
 */
export function confusionMatrix(labels: HardLabels): ConfusionMatrix {
  checkLabels(labels)
  const { yTrue, yPred, numClasses } = labels
  const counts = new Float64Array(numClasses * numClasses)
  const abstentions = new Float64Array(numClasses)
  for (let i = 0; i < yTrue.length; i++) {
    if (yPred[i] === abstained) {
      abstentions[yTrue[i]!] = abstentions[yTrue[i]!]! + 1
      continue
    }
    const cell = yTrue[i]! * numClasses + yPred[i]!
    counts[cell] = counts[cell]! + 1
  }
  return { numClasses, counts, abstentions }
}

/** Rows per true class, abstentions included, `[numClasses]`. */
export function trueCounts({ numClasses, counts, abstentions }: ConfusionMatrix): Float64Array {
  return abstentions.map((rows, c) => rows + sumRange(counts, c * numClasses, 1, numClasses))
}

/** Rows per predicted class, `[numClasses]`. */
export function predictedCounts({ numClasses, counts }: ConfusionMatrix): Float64Array {
  return Float64Array.from({ length: numClasses }, (_, c) => sumRange(counts, c, numClasses, numClasses))
}

/** Counts divided by their row's total; a row without samples stays 0, one with abstentions sums to less than 1. */
export function normaliseRows(matrix: ConfusionMatrix): Float64Array {
  const totals = trueCounts(matrix)
  return matrix.counts.map((count, i) => count / (totals[Math.floor(i / matrix.numClasses)]! || 1))
}

function sumRange(values: Float64Array, start: number, stride: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += values[start + i * stride]!
  return sum
}
