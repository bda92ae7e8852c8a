import type { Labels } from '../../numeric/training-data.js'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { keepBest, type SelectModel } from '../select-columns.js'
import { anovaF } from './anova-f.js'

/**
 * The k columns with the largest ANOVA F.
 *
 * @param options - `k`: number of columns to keep, 1 to numFeatures.
 * @throws PipelineError `ERR_BAD_OPTION` for k above the number of columns; see {@link anovaF} for the data.
 * @see scikit-learn 1.9 SelectKBest(f_classif); equal scores go to the lower index here, to the higher one there.
 */
export function fitSelectAnova(x: Matrix, y: Labels, options: { readonly k: number }): SelectModel {
  const { f, p } = anovaF(x, y)
  return { ...keepBest(f, options.k), pValues: p }
}
