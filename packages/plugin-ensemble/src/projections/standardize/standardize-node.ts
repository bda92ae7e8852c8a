import { transformerNode } from '../../adapter/estimator-node.js'
import { applyStandardize, fitStandardize, type StandardizeModel } from '../../numeric/statistics/standardize.js'

/** Code of `ensemble/standardize`. */
export const { fit, save, load, open } = transformerNode<object, StandardizeModel>({
  kind: 'standardize',
  fit: (x) => fitStandardize(x),
  apply: applyStandardize,
  names: (_model, featureNames) => featureNames,
})
