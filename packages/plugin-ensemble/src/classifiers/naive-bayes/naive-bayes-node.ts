import { classifierNode } from '../../adapter/estimator-node.js'
import { resolveClassWeight, type ClassWeight } from '../class-weight/class-weight.js'
import { drawNaiveBayes } from './draw-naive-bayes.js'
import { fitNaiveBayes, naiveBayesProbabilities, type NaiveBayesModel } from './gaussian-naive-bayes.js'

interface Options {
  readonly varSmoothing: number
  readonly classWeight: ClassWeight
}

/** Code of `ensemble/naive-bayes`. */
export const { fit, save, load, open, writeOpenFormats } = classifierNode<Options, NaiveBayesModel>({
  kind: 'naive-bayes',
  fit: (x, y, { classWeight, ...options }, _ctx, classNames) =>
    fitNaiveBayes(x, y, { ...options, classWeight: resolveClassWeight(classWeight, y, classNames) }),
  probabilities: naiveBayesProbabilities,
  draw: drawNaiveBayes,
})
