import { classifierNode } from '../adapter/classifier-node.js'
import { fitMlKnn, openMlKnn, type MlKnnModel } from './knn-model.js'

/** Code of `mljs/knn`. */
export const { fit, save, load, open } = classifierNode<{ readonly neighbors: number }, MlKnnModel>({
  kind: 'ml-knn',
  fit: (x, y, options) => fitMlKnn(x, y, options),
  open: (model) => Promise.resolve({ probabilities: openMlKnn(model), close: () => undefined }),
})
