import { classifierNode } from '../../adapter/estimator-node.js'
import type { BoostingOptions } from '../xgboost/xgboost.js'
import { fitMlXgboost, openMlXgboost, type MlXgboostModel } from './ml-xgboost-model.js'

/** Code of `ensemble/ml-xgboost`. */
export const { fit, save, load, open } = classifierNode<BoostingOptions, MlXgboostModel>({
  kind: 'ml-xgboost',
  fit: (x, y, options) => fitMlXgboost(x, y, options),
  open: openMlXgboost,
})
