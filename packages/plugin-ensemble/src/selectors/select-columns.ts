import { PipelineError } from '@etsef/plugin-api'
import { checkWidth } from '@etsef/plugin-api/models'
import { takeColumns, type Matrix } from '../numeric/linear-algebra/matrix.js'
import { rankColumns } from '../numeric/statistics/rank-columns.js'

/** What every selector learns: the columns it keeps, and the score each column got. */
export interface SelectModel {
  readonly kind: 'select'
  readonly numFeatures: number
  /** Kept columns, ascending. */
  readonly columns: Int32Array
  /** Score of every column, kept or not; NaN where undefined. */
  readonly scores: Float64Array
  /** p-value of every column, where the score has one. */
  readonly pValues?: Float64Array
}

/**
 * The best-scored columns, in their original order; NaN scores rank last, equal scores by lower index.
 *
 * @throws PipelineError `ERR_BAD_OPTION` when `components` is larger than the number of columns.
 */
export function keepBest(scores: Float64Array, components: number): SelectModel {
  if (components > scores.length) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `Cannot keep ${components} of ${scores.length} columns`,
      option: 'components',
      expected: `1 … ${scores.length}`,
      received: String(components),
    })
  }
  return {
    kind: 'select',
    numFeatures: scores.length,
    columns: rankColumns(scores).slice(0, components).sort(),
    scores,
  }
}

/** The kept columns of new rows. */
export function applySelect(model: SelectModel, x: Matrix): Matrix {
  checkWidth(x, model.numFeatures)
  return takeColumns(x, model.columns)
}
