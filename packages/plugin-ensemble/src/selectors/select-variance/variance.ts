import { PipelineError } from '@etsef/plugin-api'
import { checkFeatures } from '@etsef/plugin-api/models'
import { columnMeans, columnSquares, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import type { SelectModel } from '../select-columns.js'

/**
 * The columns whose population variance exceeds a threshold; 0 drops constant columns.
 *
 * @throws PipelineError `ERR_BAD_DATA` when no column is left.
 * @see scikit-learn 1.9 VarianceThreshold.
 */
export function fitSelectVariance(x: Matrix, options: { readonly threshold: number }): SelectModel {
  checkFeatures(x)
  const means = columnMeans(x)
  // What rounding alone leaves of a constant column counts as 0.
  const scores = columnSquares(x, means).map((sum, j) => {
    const variance = sum / x.numSamples
    return variance <= (10 * Number.EPSILON * means[j]!) ** 2 ? 0 : variance
  })
  const columns = Int32Array.from(scores.keys()).filter((j) => scores[j]! > options.threshold)
  if (columns.length === 0) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `No column varies by more than ${options.threshold}`,
      option: 'threshold',
      received: `largest variance ${String(scores.reduce((most, value) => Math.max(most, value), 0))}`,
    })
  }
  return { kind: 'select', numFeatures: x.numFeatures, columns, scores }
}
