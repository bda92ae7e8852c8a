import { classifierNode } from '../../adapter/estimator-node.js'
import { drawKnn } from './draw-knn.js'
import { fitKnn, openKnn, type KnnModel, type KnnOptions } from './knn-model.js'

/** Code of `ensemble/knn`. */
export const { fit, save, load, open, writeOpenFormats } = classifierNode<KnnOptions, KnnModel>({
  kind: 'knn',
  fit: (x, y, options) => fitKnn(x, y, options),
  open: (model) => Promise.resolve({ probabilities: openKnn(model), close: () => undefined }),
  draw: drawKnn,
})
