import { classifierNode } from '../../adapter/estimator-node.js'
import { resolveClassWeight } from '../class-weight/class-weight.js'
import { fitXgboost, xgboostProbabilities, type XgboostModel } from './xgboost-model.js'
import { drawXgboost, openXgboost } from './open-xgboost.js'
import type { XgboostNodeOptions } from './xgboost.js'

/** Code of `ensemble/xgboost`. */
export const { fit, save, load, open, writeOpenFormats } = classifierNode<XgboostNodeOptions, XgboostModel>({
  kind: 'xgboost',
  fit: (x, y, { classWeight, ...options }, ctx, classNames) =>
    fitXgboost(x, y, {
      ...options,
      classWeight: resolveClassWeight(classWeight, y, classNames),
      onRound: (done) => {
        ctx.signal.throwIfAborted()
        ctx.progress(done, options.rounds, 'rounds')
      },
    }),
  probabilities: xgboostProbabilities,
  draw: drawXgboost,
  xgboostJson: openXgboost,
})
