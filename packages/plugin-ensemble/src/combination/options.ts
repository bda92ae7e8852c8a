import { Type } from '@etsef/plugin-api'

const losses = [Type.Literal('logLoss'), Type.Literal('balancedError'), Type.Literal('error')] as const
const lossDescription =
  'What is minimised on val: logLoss judges probabilities; balancedError (1 − mean recall) and error judge decisions'

/** Options of `ensemble/weighted-vote`. */
export const weightedVoteOptions = Type.Object(
  {
    voting: Type.Union([Type.Literal('soft'), Type.Literal('hard')], {
      default: 'soft',
      description: 'soft averages probabilities, hard counts decisions',
    }),
    weights: Type.Union([Type.Null(), Type.Record(Type.String(), Type.Number({ minimum: 0 }))], {
      default: null,
      description: 'Weight of each member by name, members left out weigh 0; null learns them from val',
    }),
    rule: Type.Union([Type.Literal('mixture'), Type.Literal('balancedAccuracy'), Type.Literal('logOdds')], {
      default: 'mixture',
      description:
        'How weights follow from val: mixture (least log loss), balancedAccuracy (above chance), logOdds (best for independent members)',
    }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/greedy-selection`. */
export const greedySelectionOptions = Type.Object(
  {
    rounds: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 25,
      description: 'Members taken at most, with replacement',
    }),
    loss: Type.Union([...losses], { default: 'logLoss', description: lossDescription }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/stack`. */
export const stackOptions = Type.Object(
  {
    fitOn: Type.Union([Type.Literal('val'), Type.Literal('outOfFold')], {
      default: 'val',
      description:
        'Rows the final estimator learns from: val, or train where every member gives out-of-fold scores (ensemble/cross-fit, ensemble/tune)',
    }),
    inputs: Type.Union([Type.Literal('probability'), Type.Literal('logProbability')], {
      default: 'probability',
      description: 'What the final estimator sees of each member and class',
    }),
    c: Type.Number({
      exclusiveMinimum: 0,
      default: 1,
      description: 'Inverse strength of its L2 penalty; larger fits closer',
    }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/dynamic-selection`. */
export const dynamicSelectionOptions = Type.Object(
  {
    rule: Type.Union([Type.Literal('eliminate'), Type.Literal('union')], {
      default: 'eliminate',
      description:
        'eliminate (KNORA-E) keeps members right on all neighbours; union (KNORA-U) weighs by right neighbours',
    }),
    neighbors: Type.Integer({ minimum: 1, default: 7, description: 'Val rows that make the region of competence' }),
    metric: Type.Union([Type.Literal('l1'), Type.Literal('l2'), Type.Literal('cosine')], {
      default: 'l2',
      description: 'Distance between feature rows; bring the columns to one scale first',
    }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/single-best`. */
export const singleBestOptions = Type.Object(
  { loss: Type.Union([...losses], { default: 'balancedError', description: lossDescription }) },
  { additionalProperties: false },
)

/** Options of `ensemble/abstain`. */
export const abstainOptions = Type.Object(
  {
    margin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description: 'Rows whose two largest scores are closer than this get no answer',
    }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/abstain-for-accuracy`. */
export const abstainForAccuracyOptions = Type.Object(
  {
    accuracy: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.95,
      description: 'Wanted share of right answers among those given, on val',
    }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/oracle`. */
export const oracleOptions = Type.Object(
  {
    partition: Type.Union([Type.Literal('val'), Type.Literal('test')], {
      default: 'test',
      description: 'Rows reported on',
    }),
  },
  { additionalProperties: false },
)

/** Options of operations that have none. */
export const noOptions = Type.Object({}, { additionalProperties: false })
