import { fitSelectRecursive } from './recursive-elimination.js'
import { selectNode } from './select-node.js'

/** Code of `ensemble/select-rfe`. */
export const { fit, save, load, open } = selectNode<{ readonly k: number; readonly step: number; readonly c: number }>(
  (x, y, { k, step, c }) => fitSelectRecursive(x, y, { k, step, C: c }),
)
