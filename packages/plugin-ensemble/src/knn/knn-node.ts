import { classifierNode } from '../adapter/estimator-node.js'
import { fitKnn, knnProbabilities, type KnnModel, type KnnOptions } from './knn.js'

/** Code of `ensemble/knn`. */
export const { fit, save, load, open } = classifierNode<KnnOptions, KnnModel>({
  kind: 'knn',
  fit: (x, y, options) => fitKnn(x, y, options),
  probabilities: knnProbabilities,
})
