import { classifierNode } from '../adapter/estimator-node.js'
import { fitNaiveBayes, naiveBayesProbabilities, type NaiveBayesModel } from './gaussian-naive-bayes.js'

/** Code of `ensemble/naive-bayes`. */
export const { fit, save, load, open } = classifierNode<{ readonly varSmoothing: number }, NaiveBayesModel>({
  kind: 'naive-bayes',
  fit: (x, y, options) => fitNaiveBayes(x, y, options),
  probabilities: naiveBayesProbabilities,
})
