/** Predicted class of a row for which no class was chosen. */
export const abstained = -1

/** Hard labels of one evaluation: the true and the predicted class index of every row, named so that they cannot be swapped. */
export interface HardLabels {
  /** True class index per row, in [0, numClasses). */
  readonly yTrue: ArrayLike<number>
  /** Predicted class index per row, in [0, numClasses); `abstained` counts as an error of no class. */
  readonly yPred: ArrayLike<number>
  /** Number of classes of the *task*, not of those that happen to occur. */
  readonly numClasses: number
}

/** True labels with one probability per class and row. */
export interface ClassScores {
  /** True class index per row, in [0, numClasses). */
  readonly yTrue: ArrayLike<number>
  /** Row-major `[numSamples, numClasses]`; each row is a distribution unless the function says otherwise. */
  readonly scores: ArrayLike<number>
  /** Number of classes of the *task*. */
  readonly numClasses: number
}

/** A binary problem: 1 marks the positive rows, a larger score means more positive. */
export interface BinaryScores {
  /** 1 for positive, 0 for negative rows. */
  readonly isPositive: ArrayLike<number>
  /** Any real score per row. */
  readonly scores: ArrayLike<number>
}

/** Throws a RangeError when lengths differ or a label is outside the task's class list. */
export function checkLabels({ yTrue, yPred, numClasses }: HardLabels): void {
  if (yTrue.length !== yPred.length) {
    throw new RangeError(`yTrue has ${yTrue.length} rows, yPred has ${yPred.length}`)
  }
  checkIndices(yTrue, { numClasses, name: 'yTrue' })
  checkIndices(yPred, { numClasses, name: 'yPred', mayAbstain: true })
}

/** Throws a RangeError when shapes disagree, a label is outside the class list or a score is not finite. */
export function checkScores({ yTrue, scores, numClasses }: ClassScores): void {
  checkIndices(yTrue, { numClasses, name: 'yTrue' })
  if (scores.length !== yTrue.length * numClasses) {
    throw new RangeError(`scores must be [${yTrue.length}, ${numClasses}], got ${scores.length} numbers`)
  }
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i]))
      throw new RangeError(`score ${i % numClasses} of row ${Math.floor(i / numClasses)} is not finite`)
  }
}

interface IndexRule {
  readonly numClasses: number
  readonly name: string
  readonly mayAbstain?: boolean
}

function checkIndices(labels: ArrayLike<number>, { numClasses, name, mayAbstain = false }: IndexRule): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    if (mayAbstain && label === abstained) continue
    if (!Number.isInteger(label) || label < 0 || label >= numClasses) {
      throw new RangeError(`${name}[${i}] is ${label}, expected a class index in [0, ${numClasses})`)
    }
  }
}

/**
 * Predicted class of every row: the largest score, the lowest index among equal ones.
 *
 * @param scores - Row-major `[numSamples, numClasses]`.
 * @param numClasses - Columns of `scores`.
 * @returns Class indices `[numSamples]`.
 */
export function argMaxRows(scores: ArrayLike<number>, numClasses: number): Int32Array {
  const labels = new Int32Array(scores.length / numClasses)
  for (let row = 0; row < labels.length; row++) {
    let best = 0
    for (let c = 1; c < numClasses; c++) {
      if (scores[row * numClasses + c]! > scores[row * numClasses + best]!) best = c
    }
    labels[row] = best
  }
  return labels
}
