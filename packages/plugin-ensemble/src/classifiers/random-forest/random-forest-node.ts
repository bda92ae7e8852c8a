import type { OperationContext } from '@etsef/plugin-api'
import { classifierNode } from '../../adapter/estimator-node.js'
import { resolveClassWeight } from '../class-weight/class-weight.js'
import { fitRandomForest, randomForestProbabilities, type RandomForestModel } from './random-forest-model.js'
import { drawRandomForest, openRandomForest } from './open-random-forest.js'
import type { RandomForestNodeOptions } from './random-forest.js'

/** Code of `ensemble/random-forest`. */
export const { fit, save, load, open, writeOpenFormats } = classifierNode<
  RandomForestNodeOptions,
  RandomForestModel,
  OperationContext
>({
  kind: 'random-forest',
  fit: (x, y, { maxDepth, classWeight, ...options }, ctx, classNames) =>
    fitRandomForest(x, y, {
      ...options,
      maxDepth: maxDepth ?? Infinity,
      seed: ctx.seed,
      classWeight: resolveClassWeight(classWeight, y, classNames),
      onTree: (done) => {
        ctx.signal.throwIfAborted()
        ctx.progress(done, options.trees, 'trees')
      },
    }),
  probabilities: randomForestProbabilities,
  draw: drawRandomForest,
  xgboostJson: openRandomForest,
})
