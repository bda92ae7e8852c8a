import { checkFeatures, checkWidth } from '@etsef/plugin-api/models'
import { columnMeans, columnSquares, matrix, type Matrix } from '../linear-algebra/matrix.js'

/** What {@link fitStandardize} learns: one mean and one scale a column. */
export interface StandardizeModel {
  readonly kind: 'standardize'
  readonly means: Float64Array
  /** Population standard deviations (divisor n); 1 where the column is constant. */
  readonly scales: Float64Array
}

/**
 * Mean and population standard deviation (ddof 0) of each column; a constant column gets scale 1 and becomes 0.
 *
 * @param x - `[numSamples, numFeatures]`, one row or more.
 * @throws PipelineError `ERR_TOO_FEW_ROWS`, `ERR_NOT_FINITE`.
 * @see scikit-learn 1.9 StandardScaler; sums here are two-pass, so an offset of 1e6 costs no digits.
 */
export function fitStandardize(x: Matrix): StandardizeModel {
  checkFeatures(x)
  const means = columnMeans(x)
  const squares = columnSquares(x, means)
  const scales = squares.map((sum, j) => {
    const std = Math.sqrt(sum / x.numSamples)
    return std <= 10 * Number.EPSILON * Math.abs(means[j]!) ? 1 : std
  })
  return { kind: 'standardize', means, scales }
}

/** `(x − mean) / scale`, column by column. */
export function applyStandardize(model: StandardizeModel, x: Matrix): Matrix {
  checkWidth(x, model.means.length)
  const { numSamples, numFeatures, data } = x
  const result = matrix(numSamples, numFeatures)
  for (let i = 0, at = 0; i < numSamples; i++) {
    for (let j = 0; j < numFeatures; j++, at++) result.data[at] = (data[at]! - model.means[j]!) / model.scales[j]!
  }
  return result
}
