import { transformerNode } from '../../adapter/estimator-node.js'
import { drawStandardize } from '../draw-projections.js'
import { applyStandardize, fitStandardize, type StandardizeModel } from '../../numeric/statistics/standardize.js'

/** Code of `ensemble/standardize`. */
export const { fit, save, load, open, writeOpenFormats } = transformerNode<object, StandardizeModel>({
  kind: 'standardize',
  fit: (x) => fitStandardize(x),
  apply: applyStandardize,
  draw: drawStandardize,
  names: (_model, featureNames) => featureNames,
})
