import { defineOperation, Type, type Operation, type Static } from '@etsef/plugin-api'
import { classifierPorts } from '../adapter/ports.js'

const options = Type.Object(
  {
    rounds: Type.Integer({ minimum: 1, default: 100, description: 'Boosting rounds; each grows one tree per class' }),
    learningRate: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.9,
      description: 'eta: share of each step that is taken (published: 0.9; the library default is 0.3)',
    }),
    maxDepth: Type.Integer({ minimum: 1, maximum: 64, default: 10, description: 'Depth of a tree (published: 10)' }),
    lambda: Type.Number({ minimum: 0, default: 1, description: 'L2 penalty on leaf values' }),
    gamma: Type.Number({
      minimum: 0,
      default: 0,
      description: 'Least gain of a split; a smaller one that a larger one follows is kept',
    }),
    minChildWeight: Type.Number({
      minimum: 0,
      default: 1,
      description: 'Least summed hessian on each side of a split',
    }),
  },
  { additionalProperties: false },
)

/** Options of `mljs/xgboost`. */
export type XgboostOptions = Static<typeof options>

/** `mljs/xgboost`. */
export const mlXgboost: Operation = defineOperation({
  ...classifierPorts('ml-xgboost'),
  type: 'mljs/xgboost',
  cacheVersion: 1,
  draws: false,
  summary: 'XGBoost 0.7 of the npm package ml-xgboost, past its wrapper',
  options,
  load: () => import('./xgboost-node.js'),
})
