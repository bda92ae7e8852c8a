import { defineOperation, Type, type Operation, type Static } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'
import { classWeightOption, planClassWeight } from '../class-weight/class-weight-option.js'

/** Options of `ensemble/xgboost`. */
export const xgboostOptions = Type.Object(
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
      description: 'Least gain of a split; exact keeps a smaller one that a larger one follows, hist does not',
    }),
    minChildWeight: Type.Number({
      minimum: 0,
      default: 1,
      description: 'Least summed hessian on each side of a split',
    }),
    method: Type.Union([Type.Literal('exact'), Type.Literal('hist')], {
      default: 'exact',
      description: 'Cuts between all different values (exact), or between bins of them (hist), several times quicker',
    }),
    maxBin: Type.Integer({ minimum: 2, maximum: 65_536, default: 256, description: 'Bins of a column, for hist' }),
    classWeight: classWeightOption,
  },
  { additionalProperties: false },
)

/** See {@link xgboostOptions}. */
export type XgboostNodeOptions = Static<typeof xgboostOptions>

/** `ensemble/xgboost`. */
export const xgboost: Operation = defineOperation({
  ...classifierPorts('xgboost'),
  type: 'ensemble/xgboost',
  summary: 'Gradient-boosted trees as XGBoost grows them, from exact cuts or from histograms',
  cacheVersion: 2,
  draws: false,
  options: xgboostOptions,
  plan: planClassWeight,
  load: () => import('./xgboost-node.js'),
})
