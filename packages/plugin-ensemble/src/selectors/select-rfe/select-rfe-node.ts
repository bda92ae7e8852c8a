import { fitSelectRecursive } from './recursive-elimination.js'
import { selectNode } from '../select-node.js'

/** Code of `ensemble/select-rfe`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<{
  readonly components: number
  readonly step: number
  readonly C: number
}>((x, y, { components, step, C }) => fitSelectRecursive(x, y, { components, step, C }))
