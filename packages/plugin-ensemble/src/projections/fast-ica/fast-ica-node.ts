import type { OperationContext } from '@etsef/plugin-api'
import { transformerNode } from '../../adapter/estimator-node.js'
import { numberedNames } from '../../adapter/numbered-names.js'
import { applyFastIca, fitFastIca, type FastIcaModel } from './fast-ica-model.js'
import { drawCentred } from '../draw-projections.js'
import type { FastIcaNodeOptions } from './fast-ica.js'

/** Code of `ensemble/fast-ica`. */
export const { fit, save, load, open, writeOpenFormats } = transformerNode<
  FastIcaNodeOptions,
  FastIcaModel,
  OperationContext
>({
  kind: 'fast-ica',
  fit: (x, _y, options, ctx) => {
    const model = fitFastIca(x, { ...options, seed: ctx.seed, threads: ctx.threads })
    const { numSamples: found } = model.components
    if (found < options.components) {
      ctx.log(
        'warn',
        `${options.components} components asked for, ${found} found: rows (${x.numSamples}), columns (${x.numFeatures}) or their rank allow no more`,
      )
    }
    if (!model.converged) {
      ctx.log('warn', `FastICA did not converge in ${model.numIterations} iterations; raise maxIter or tol`)
    }
    ctx.metric('iterations', model.numIterations)
    ctx.metric('converged', Number(model.converged))
    return model
  },
  apply: applyFastIca,
  draw: drawCentred,
  names: (model) => numberedNames('ica', model.components.numSamples),
})
