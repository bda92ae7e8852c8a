import { fitSelectMrmr } from './mrmr.js'
import { selectNode } from '../select-node.js'

/** Code of `ensemble/select-mrmr`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<{ readonly components: number }>(
  (x, y, { components }) => fitSelectMrmr(x, y, { components }),
)
