import { selectNode } from '../select-node.js'

/** Code of `ensemble/select-none`. */
export const { fit, save, load, open, writeOpenFormats } = selectNode<object>((x) => ({
  kind: 'select',
  numFeatures: x.numFeatures,
  columns: Int32Array.from({ length: x.numFeatures }, (_, j) => j),
  scores: new Float64Array(x.numFeatures),
}))
