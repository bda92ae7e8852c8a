import { classifierNode } from '../../adapter/estimator-node.js'
import { classWeights, type ClassWeight } from '../class-weights/class-weights.js'
import { fitMultinomial, multinomialProbabilities, type MultinomialModel } from './logistic-regression-model.js'

/** Code of `ensemble/logistic-regression`. */
export const { fit, save, load, open } = classifierNode<
  { readonly c: number; readonly classWeight: ClassWeight },
  MultinomialModel
>({
  kind: 'multinomial',
  // scikit-learn penalises one vector for two classes; the multinomial form has two that mirror each other.
  fit: (x, y, { c, classWeight }, _ctx, classNames) =>
    fitMultinomial(x, y, {
      c: new Set(y.labels).size === 2 ? c / 2 : c,
      classWeights: classWeights(classWeight, y, classNames),
    }),
  probabilities: multinomialProbabilities,
})
