import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../../adapter/ports.js'
import { classWeightOption, planClassWeight } from '../class-weight/class-weight-option.js'

/** Options of `ensemble/naive-bayes`. */
const naiveBayesOptions = Type.Object(
  {
    varSmoothing: Type.Number({
      minimum: 0,
      default: 1e-9,
      description: 'Share of the largest column variance that is added to every variance',
    }),
    classWeight: classWeightOption,
  },
  { additionalProperties: false },
)

/** `ensemble/naive-bayes`. */
export const naiveBayes: Operation = defineOperation({
  ...classifierPorts('naive-bayes'),
  type: 'ensemble/naive-bayes',
  summary: 'Gaussian naive Bayes in log space',
  cacheVersion: 1,
  draws: false,
  options: naiveBayesOptions,
  plan: planClassWeight,
  load: () => import('./naive-bayes-node.js'),
})
