import type { FeatureBatch } from './features.js'
import type { ImageBatch } from './images.js'
import type { PredictionBatch } from './predictions.js'

/**
 * The fitted sub-graph from images to one node's rows, as a callable: `apply` parts only, in this process. It can fit nothing.
 *
 * Every node with rows has one: `in: { predictor: vote.predictor }`. Its networks are open from the first call to the end of the stage.
 */
export interface PredictorValue {
  readonly kind: 'predictor'
  /** Class list of the rows that it gives. */
  readonly classNames: readonly string[]
  /**
   * The node's rows for pictures, in their order, without labels, groups and partitions. Pixels come from the batch's own `load`, which
   * may give pictures that were changed: occluded ones, say. Calls are answered one after the other.
   */
  apply(this: void, images: ImageBatch): Promise<FeatureBatch | PredictionBatch>
}
