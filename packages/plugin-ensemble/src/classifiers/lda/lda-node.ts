import { classifierNode } from '../../adapter/estimator-node.js'
import { drawLda } from './draw-lda.js'
import { fitLda, ldaProbabilities, type LdaModel } from './lda-model.js'

/** Code of `ensemble/lda`. */
export const { fit, save, load, open, writeOpenFormats } = classifierNode<{ readonly shrinkage: number }, LdaModel>({
  kind: 'lda',
  fit: (x, y, options) => fitLda(x, y, options),
  probabilities: ldaProbabilities,
  draw: drawLda,
})
