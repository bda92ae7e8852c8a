import type { Graph, Scalar, Tensor2D, Tf } from '@etsef/nn'

/** The pictures of a step. */
export interface ViewBatch {
  /** Pictures; each gives two views: rows `k` and `numImages + k`. */
  readonly numImages: number
  /** Class of each picture, -1 where it is not known; all -1 for a method that sees no labels. */
  readonly labels: Int32Array
}

/** What makes one way of self-supervision differ from another; loop, views, optimizers, monitors and stops are the frame's. */
export interface SelfSupervisedMethod {
  /** Name of checkpoints. */
  readonly name: string
  /** The network that learns: the backbone with nodes of stage `projection` on its feature node. */
  network(backbone: Graph): Graph
  /** Nodes that the loss reads, `[2 * numImages, width]` each. The monitors read the first. */
  readonly outputs: readonly string[]
  /** What the loss must know of the pictures beside their values, float32; absent where nothing. */
  targets?(batch: ViewBatch): { readonly shape: [number, number]; readonly data: Float32Array }
  /**
   * Mean loss in nats or whatever it is in. Must not change with the length of embeddings: else growing them looks like learning.
   * It may read nothing that changes from batch to batch but its arguments, nor values of tensors: its operations are run again without it.
   *
   * @param targets - Of {@link SelfSupervisedMethod.targets}.
   */
  loss(tf: Tf, outputs: readonly Tensor2D[], targets: Tensor2D | undefined): Scalar
  /** Where a loss lies between the best reachable one (0) and that of equal or unrelated embeddings (1); NaN where the two are one. */
  position(loss: number, batch: ViewBatch): number
  /** Fewest pictures a step that it can learn anything from. */
  readonly minBatch: number
  /** Whether it learns from labels of train rows; others do not get them. */
  readonly supervised: boolean
}
