import { checkTraining, type Labels } from '@etsef/plugin-api/models'
import { takeColumns, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { fitLinearSvm } from '../../classifiers/linear-svm/linear-svm-model.js'
import { applyStandardize, fitStandardize } from '../../numeric/statistics/standardize.js'
import { keepBest, type SelectModel } from '../select-columns.js'

/** Options of {@link fitSelectRecursive}. */
export interface RecursiveOptions {
  readonly components: number
  /** Share of the remaining columns dropped in each round, in (0, 1); at least one column goes. */
  readonly step: number
  /** Cost of the linear SVM whose weights rank the columns. */
  readonly C: number
}

/**
 * Recursive feature elimination: a linear SVM on standardised columns, the columns of least weight dropped, and again.
 *
 * @returns Scores: the round a column survived to; the kept ones share the highest.
 * @throws PipelineError `ERR_BAD_OPTION` for `components` above the number of columns, and as `checkTraining`.
 * @see Guyon et al. 2002, Gene selection for cancer classification using support vector machines. scikit-learn 1.9 RFE.
 */
export function fitSelectRecursive(x: Matrix, y: Labels, options: RecursiveOptions): SelectModel {
  checkTraining(x, y)
  const scores = new Float64Array(x.numFeatures)
  if (options.components > x.numFeatures) return keepBest(scores, options.components)
  const scaled = applyStandardize(fitStandardize(x), x)
  let columns = Int32Array.from({ length: x.numFeatures }, (_, j) => j)
  for (let round = 1; columns.length > options.components; round++) {
    const weights = squaredWeights(takeColumns(scaled, columns), y, options.C)
    const drop = Math.min(columns.length - options.components, Math.max(1, Math.floor(options.step * columns.length)))
    const order = Array.from(columns.keys()).sort((a, b) => weights[a]! - weights[b]! || b - a)
    const dropped = new Set(order.slice(0, drop))
    columns = columns.filter((_, at) => !dropped.has(at))
    for (const j of columns) scores[j] = round
  }
  return keepBest(scores, options.components)
}

function squaredWeights(x: Matrix, y: Labels, C: number): Float64Array {
  const { weights } = fitLinearSvm(x, y, { C, tol: 1e-6 })
  const sums = new Float64Array(x.numFeatures)
  for (let at = 0; at < weights.data.length; at++) sums[at % x.numFeatures]! += weights.data[at]! ** 2
  return sums
}
