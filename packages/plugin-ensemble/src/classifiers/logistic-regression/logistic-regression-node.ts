import { classifierNode } from '../../adapter/estimator-node.js'
import { resolveClassWeight, type ClassWeight } from '../class-weight/class-weight.js'
import { drawMultinomial } from './draw-multinomial.js'
import { fitMultinomial, multinomialProbabilities, type MultinomialModel } from './logistic-regression-model.js'

/** Code of `ensemble/logistic-regression`. */
export const { fit, save, load, open, writeOpenFormats } = classifierNode<
  { readonly C: number; readonly classWeight: ClassWeight },
  MultinomialModel
>({
  kind: 'multinomial',
  // scikit-learn penalises one vector for two classes; the multinomial form has two that mirror each other.
  fit: (x, y, { C, classWeight }, _ctx, classNames) =>
    fitMultinomial(x, y, {
      C: new Set(y.labels).size === 2 ? C / 2 : C,
      classWeight: resolveClassWeight(classWeight, y, classNames),
    }),
  probabilities: multinomialProbabilities,
  draw: drawMultinomial,
})
