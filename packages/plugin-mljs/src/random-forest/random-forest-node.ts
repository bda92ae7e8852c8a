import type { OperationContext } from '@etsef/plugin-api'
import { classifierNode } from '../adapter/classifier-node.js'
import { fitMlRandomForest, openMlRandomForest, type MlRandomForestModel } from './random-forest-model.js'

/** Above this the package takes minutes. */
const slowCells = 200_000

/** Code of `mljs/random-forest`. */
export const { fit, save, load, open } = classifierNode<
  { readonly trees: number; readonly maxFeatures: number },
  MlRandomForestModel,
  OperationContext
>({
  kind: 'ml-random-forest',
  fit: (x, y, options, ctx) => {
    if (x.data.length > slowCells) {
      ctx.log('warn', `ml-random-forest is slow on ${x.numSamples} × ${x.numFeatures}; ensemble/random-forest is not`)
    }
    return fitMlRandomForest(x, y, { ...options, seed: ctx.seed })
  },
  open: (model) => Promise.resolve({ probabilities: openMlRandomForest(model), close: () => undefined }),
})
