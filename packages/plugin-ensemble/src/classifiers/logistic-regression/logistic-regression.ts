import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'
import { classWeightOption, planClassWeight } from '../class-weight/class-weight-option.js'

/** `ensemble/logistic-regression`. */
export const logisticRegression: Operation = defineOperation({
  ...classifierPorts('logistic-regression'),
  type: 'ensemble/logistic-regression',
  summary: 'Multinomial logistic regression with L2 penalty; scale the columns first',
  cacheVersion: 2,
  draws: false,
  options: Type.Object(
    {
      C: Type.Number({ exclusiveMinimum: 0, default: 1, description: 'Inverse strength of the penalty' }),
      classWeight: classWeightOption,
    },
    { additionalProperties: false },
  ),
  plan: planClassWeight,
  load: () => import('./logistic-regression-node.js'),
})
