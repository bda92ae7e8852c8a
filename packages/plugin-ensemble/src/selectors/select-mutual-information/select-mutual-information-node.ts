import { fitSelectMutualInformation } from './mutual-information.js'
import { selectNode } from '../select-node.js'

/** Code of `ensemble/select-mutual-information`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<{
  readonly components: number
  readonly neighbors: number
}>((x, y, { components, neighbors }) => fitSelectMutualInformation(x, y, { components, neighbors }))
