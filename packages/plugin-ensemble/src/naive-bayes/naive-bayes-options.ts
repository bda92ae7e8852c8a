import { Type } from '@etsef/plugin-api'
import { classWeightOption } from '../class-weights/class-weight-option.js'

/** Options of `ensemble/naive-bayes`. */
export const naiveBayesOptions = Type.Object(
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
