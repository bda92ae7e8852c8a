import { fitSelectL1Logistic } from './l1-logistic.js'
import { selectNode } from './select-node.js'

/** Code of `ensemble/select-l1`. */
export const { fit, save, load, open } = selectNode<{ readonly components: number; readonly c: number }>(
  (x, y, { components, c }) => fitSelectL1Logistic(x, y, { k: components, C: c }),
)
