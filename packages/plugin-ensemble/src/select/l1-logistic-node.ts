import { fitSelectL1Logistic } from './l1-logistic.js'
import { selectNode } from './select-node.js'

/** Code of `ensemble/select-l1`. */
export const { fit, save, load, open } = selectNode<{ readonly k: number; readonly c: number }>((x, y, { k, c }) =>
  fitSelectL1Logistic(x, y, { k, C: c }),
)
