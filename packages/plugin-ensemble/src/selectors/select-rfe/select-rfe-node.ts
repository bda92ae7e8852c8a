import { fitSelectRecursive } from './recursive-elimination.js'
import { selectNode } from '../select-node.js'

/** Code of `ensemble/select-rfe`. */
export const { fit, save, load, open } = selectNode<{
  readonly components: number
  readonly step: number
  readonly c: number
}>((x, y, { components, step, c }) => fitSelectRecursive(x, y, { k: components, step, C: c }))
