import type { FeatureBatch } from './features.js'
import type { ImageBatch } from './images.js'
import type { PredictionBatch } from './predictions.js'

/** A kind of rows. */
type Kind = 'images' | 'features' | 'predictions' | 'attributions' | 'tensor'

/** A node on a predictor's way from images to its rows. */
export interface PredictorStep {
  readonly node: string
  /** Operation, e.g. `ensemble/vote`. */
  readonly type: string
  /** Rows that it reads, in the order of its ports and edges. */
  readonly reads: readonly {
    readonly kind: Kind
    /** As the operation sees the edge at a many-port. */
    readonly name: string
    /** `node.port` of the rows. */
    readonly output: string
  }[]
  /** `node.port` of the rows that it gives. */
  readonly gives: readonly { readonly kind: Kind; readonly output: string }[]
}

/** Rows of nodes on a predictor's way, by `node.port`. */
export type PredictorRows = ReadonlyMap<string, FeatureBatch | PredictionBatch>

/**
 * The fitted sub-graph from images to one node's rows, as a callable: `apply` parts only, in this process. It can fit nothing.
 *
 * Every node with rows has one: `in: { predictor: vote.predictor }`. Its networks are open from the first call to the end of the stage.
 */
export interface PredictorValue {
  readonly kind: 'predictor'
  /** Class list of the rows that it gives. */
  readonly classNames: readonly string[]
  /** The nodes on the way, producers first; the last gives what `apply` gives. */
  readonly steps: readonly PredictorStep[]
  /**
   * The node's rows for pictures, in their order, without labels, groups and partitions. Pixels come from the batch's own `load`, which
   * may give pictures that were changed: occluded ones, say. Calls are answered one after the other.
   *
   * @param given - Rows of nodes on the way that are taken as they are, with the ids of `images` in their order: features of which some
   * were replaced, say. What nothing else needs is not computed.
   */
  apply(this: void, images: ImageBatch, given?: PredictorRows): Promise<FeatureBatch | PredictionBatch>
  /** Features and predictions of every node on the way. */
  trace(this: void, images: ImageBatch): Promise<PredictorRows>
}
