import { transformerNode } from '../../adapter/estimator-node.js'
import { numberedNames } from '../../adapter/numbered-names.js'
import { drawLdaDirections } from '../../classifiers/lda/draw-lda.js'
import { applyLda, fitLda, type LdaModel } from '../../classifiers/lda/lda-model.js'

/** Code of `ensemble/lda-projection`. */
export const { fit, save, load, open, writeOpenFormats } = transformerNode<{ readonly shrinkage: number }, LdaModel>({
  kind: 'lda',
  fit: (x, y, options, ctx) => {
    const model = fitLda(x, y, options)
    ctx.metric('numDirections', model.directions.numSamples)
    return model
  },
  apply: applyLda,
  draw: drawLdaDirections,
  names: (model) => numberedNames('ld', model.directions.numSamples),
})
