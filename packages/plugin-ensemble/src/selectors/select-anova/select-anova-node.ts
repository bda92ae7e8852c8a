import { selectNode } from '../select-node.js'
import { fitSelectAnova } from './select-anova-model.js'

/** Code of `ensemble/select-anova`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<{ readonly components: number }>(
  (x, y, { components }) => fitSelectAnova(x, y, { components }),
)
