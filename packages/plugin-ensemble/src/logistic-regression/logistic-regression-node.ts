import { classifierNode } from '../adapter/estimator-node.js'
import { fitMultinomial, multinomialProbabilities, type MultinomialModel } from '../combination/logistic-regression.js'

/** Code of `ensemble/logistic-regression`. */
export const { fit, save, load, open } = classifierNode<{ readonly c: number }, MultinomialModel>({
  kind: 'multinomial',
  fit: (x, y, options) => fitMultinomial(x, y, options),
  probabilities: multinomialProbabilities,
})
