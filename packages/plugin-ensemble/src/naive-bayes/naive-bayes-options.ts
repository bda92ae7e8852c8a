import { Type } from '@etsef/plugin-api'

/** Options of `ensemble/naive-bayes`. */
export const naiveBayesOptions = Type.Object(
  {
    varSmoothing: Type.Number({
      minimum: 0,
      default: 1e-9,
      description: 'Share of the largest column variance that is added to every variance',
    }),
  },
  { additionalProperties: false },
)
