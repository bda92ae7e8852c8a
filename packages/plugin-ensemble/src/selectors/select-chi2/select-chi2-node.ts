import { fitSelectChiSquared } from './chi-squared.js'
import { selectNode } from '../select-node.js'

/** Code of `ensemble/select-chi2`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<{ readonly components: number }>(
  (x, y, { components }) => fitSelectChiSquared(x, y, { components }),
)
