import { selectNode } from '../select-node.js'
import { fitSelectVariance } from './variance.js'

/** Code of `ensemble/select-variance`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<{ readonly threshold: number }>(
  (x, _y, options) => fitSelectVariance(x, options),
)
