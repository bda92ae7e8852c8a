import { PipelineError } from '../errors.js'
import type { Matrix } from './matrix.js'

/** Class labels `0 … numClasses − 1`, one per sample. A class of the list may be absent from the samples. */
export interface Labels {
  readonly labels: Int32Array
  readonly numClasses: number
}

/**
 * Refuses features that are not finite.
 *
 * @throws PipelineError `ERR_NOT_FINITE`, naming the first row and column.
 */
export function checkFinite(x: Matrix): void {
  const { data, numFeatures } = x
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new PipelineError('ERR_NOT_FINITE', {
        message: `Feature ${i % numFeatures} of row ${Math.floor(i / numFeatures)} is ${String(data[i])}`,
        expected: 'finite features',
        received: String(data[i]),
        hint: 'find the rows upstream that overflow or divide by zero; no operation here fills them in',
      })
    }
  }
}

/**
 * Refuses rows no projection or scaling can be fitted on.
 *
 * @throws PipelineError `ERR_TOO_FEW_ROWS` below `minimum` rows, `ERR_BAD_DATA` without columns, `ERR_NOT_FINITE`.
 */
export function checkFeatures(x: Matrix, minimum = 1): void {
  if (x.numFeatures === 0) throw new PipelineError('ERR_BAD_DATA', { message: 'The feature table has no columns' })
  if (x.numSamples < minimum) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `Fitting needs at least ${minimum} training ${minimum === 1 ? 'row' : 'rows'}`,
      expected: `${minimum} or more`,
      received: String(x.numSamples),
    })
  }
  checkFinite(x)
}

/**
 * Refuses training data a classifier cannot be fitted on.
 *
 * @returns The classes that have rows, ascending; at least two.
 * @throws PipelineError `ERR_SHAPE_MISMATCH`, `ERR_BAD_DATA` (labels outside the list, one class only), and what
 * {@link checkFeatures} throws.
 */
export function checkTraining(x: Matrix, y: Labels): Int32Array {
  if (y.labels.length !== x.numSamples) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'Labels and rows differ in number',
      expected: `${x.numSamples} labels`,
      received: String(y.labels.length),
    })
  }
  checkFeatures(x, 2)
  const counts = new Int32Array(y.numClasses)
  for (let i = 0; i < y.labels.length; i++) {
    const label = y.labels[i]!
    if (label < 0 || label >= y.numClasses) {
      throw new PipelineError('ERR_BAD_DATA', {
        message: `Label ${label} of row ${i} is not in the class list`,
        expected: `0 … ${y.numClasses - 1}`,
        received: String(label),
      })
    }
    counts[label]!++
  }
  const present = Int32Array.from(counts.keys()).filter((k) => counts[k]! > 0)
  if (present.length < 2) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: 'All training rows are of one class; a classifier needs at least two',
      expected: 'two or more classes with training rows',
      received: `${y.labels.length} rows of class ${String(present[0])}`,
      hint: 'check the split and the class list',
    })
  }
  return present
}

/**
 * Refuses rows of another width than the model was fitted on.
 *
 * @throws PipelineError `ERR_SHAPE_MISMATCH` or `ERR_NOT_FINITE`.
 */
export function checkWidth(x: Matrix, numFeatures: number): void {
  if (x.numFeatures !== numFeatures) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'The rows have another number of columns than the model was fitted on',
      expected: `${numFeatures} columns`,
      received: `${x.numFeatures} columns`,
    })
  }
  checkFinite(x)
}
