import { classifierNode } from '../adapter/estimator-node.js'
import { fitMultinomial, multinomialProbabilities, type MultinomialModel } from '../combination/logistic-regression.js'

/** Code of `ensemble/logistic-regression`. */
export const { fit, save, load, open } = classifierNode<{ readonly c: number }, MultinomialModel>({
  kind: 'multinomial',
  // scikit-learn penalises one vector for two classes; the multinomial form has two that mirror each other.
  fit: (x, y, { c }) => fitMultinomial(x, y, { c: new Set(y.labels).size === 2 ? c / 2 : c }),
  probabilities: multinomialProbabilities,
})
