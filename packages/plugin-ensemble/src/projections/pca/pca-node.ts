import { transformerNode } from '../../adapter/estimator-node.js'
import { numberedNames } from '../../adapter/numbered-names.js'
import { applyPca, fitPca, type PcaModel } from '../../numeric/linear-algebra/pca.js'
import { drawPca } from '../draw-projections.js'
import type { PcaNodeOptions } from './pca.js'

/** Code of `ensemble/pca`. */
export const { fit, save, load, open, writeOpenFormats } = transformerNode<PcaNodeOptions, PcaModel>({
  kind: 'pca',
  fit: (x, _y, options, ctx) => {
    const model = fitPca(x, options)
    const { numSamples: found } = model.components
    if (found < options.components) {
      ctx.log(
        'warn',
        `${options.components} components asked for, ${found} kept: the training table is ${x.numSamples} × ${x.numFeatures}`,
      )
    }
    ctx.metric(
      'explainedVarianceRatio',
      model.ratios.reduce((sum, ratio) => sum + ratio, 0),
    )
    return model
  },
  apply: applyPca,
  draw: drawPca,
  names: (model) => numberedNames('pc', model.components.numSamples),
})
