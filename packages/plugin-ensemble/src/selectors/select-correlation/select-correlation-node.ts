import { fitSelectCorrelation } from './correlation.js'
import { selectNode } from '../select-node.js'

/** Code of `ensemble/select-correlation`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<{ readonly threshold: number }>(
  fitSelectCorrelation,
)
