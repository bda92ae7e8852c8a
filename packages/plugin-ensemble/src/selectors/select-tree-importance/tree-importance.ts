import type { Labels } from '@etsef/plugin-api/models'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { fitRandomForest, type RandomForestOptions } from '../../classifiers/random-forest/random-forest-model.js'
import { featureImportances } from '../../numeric/trees/trees.js'
import { keepBest, type SelectModel } from '../select-columns.js'

/**
 * The columns on which a random forest's cuts gain most Gini impurity.
 *
 * Importances favour columns of many distinct values, and share the credit among copies of one signal.
 *
 * @throws PipelineError `ERR_BAD_OPTION` for `components` above the number of columns, and as {@link fitRandomForest}.
 * @see Breiman 2001, Random forests. scikit-learn 1.9 `feature_importances_`.
 */
export function fitSelectTreeImportance(
  x: Matrix,
  y: Labels,
  options: RandomForestOptions & { readonly components: number },
): SelectModel {
  return keepBest(featureImportances(fitRandomForest(x, y, options).trees, x.numFeatures), options.components)
}
