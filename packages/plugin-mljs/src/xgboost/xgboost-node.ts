import { classifierNode } from '../adapter/classifier-node.js'
import type { XgboostOptions } from './xgboost.js'
import { fitMlXgboost, openMlXgboost, type MlXgboostModel } from './xgboost-model.js'

/** Code of `mljs/xgboost`. */
export const { fit, save, load, open } = classifierNode<XgboostOptions, MlXgboostModel>({
  kind: 'ml-xgboost',
  fit: (x, y, options) => fitMlXgboost(x, y, options),
  open: openMlXgboost,
})
