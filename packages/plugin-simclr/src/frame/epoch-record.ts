/** One epoch of a self-supervised training; figures that could not be had are null. */
export interface EpochRecord {
  /** From 1; 0 for the figures before training. */
  readonly epoch: number
  /** Mean loss. */
  readonly loss: number
  /** 0 at the best reachable loss, 1 where all embeddings are equal; near 1 means nothing is learned. */
  readonly position: number | null
  /** Mean standard deviation of the unit embeddings' columns; about 1/√width when healthy, 0 when collapsed. */
  readonly std: number
  /** Directions that the embeddings of the epoch's last batch use, at most their width. */
  readonly rankMe: number
  /** Mean squared distance of two views of a picture; 0 when they are the same. */
  readonly alignment: number
  /** Log mean potential of all pairs; 0 when all are equal. */
  readonly uniformity: number
  /** Balanced accuracies on labelled train rows, of folds that were not learned from. */
  readonly knn: number | null
  readonly linear: number | null
}
