import type { Labels } from '@etsef/plugin-api/models'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { keepBest, type SelectModel } from '../select-columns.js'
import { anovaF } from './anova-f.js'

/**
 * The columns with the largest ANOVA F.
 *
 * @param options - `components`: number of columns to keep, 1 to numFeatures.
 * @throws PipelineError `ERR_BAD_OPTION` for `components` above the number of columns; see {@link anovaF} for the data.
 * @see scikit-learn 1.9 SelectKBest(f_classif); equal scores go to the lower index here, to the higher one there.
 */
export function fitSelectAnova(x: Matrix, y: Labels, options: { readonly components: number }): SelectModel {
  const { f, p } = anovaF(x, y)
  return { ...keepBest(f, options.components), pValues: p }
}
