import type { AttributionBatch } from '../payload/attributions.js'
import type { FeatureBatch } from '../payload/features.js'
import { concatImages, pickImages, type ImageBatch } from '../payload/images.js'
import type { PredictionBatch } from '../payload/predictions.js'
import type { TensorBatch } from '../payload/tensors.js'
import { concatStored, pickStored } from '../payload/stored.js'

/** A batch of any kind, as an operation reads it. */
export type AnyBatch = ImageBatch | FeatureBatch | PredictionBatch | AttributionBatch | TensorBatch

/** Rows of a batch from one position up to another. */
export function sliceRows<B extends AnyBatch>(batch: B, from: number, to: number): B {
  const indices = Array.from({ length: to - from }, (_, at) => from + at)
  // Picking keeps the kind.
  return (batch.kind === 'images' ? pickImages(batch, indices) : pickStored(batch, indices)) as B
}

/** Several batches of one stream as one. */
export function joinRowsOf<B extends AnyBatch>(batches: readonly B[]): B {
  const [first] = batches
  if (!first) throw new RangeError('joinRowsOf needs at least one batch')
  if (batches.length === 1) return first
  // All batches of a stream are of the first one's kind.
  return (first.kind === 'images' ? concatImages(batches as readonly ImageBatch[]) : concatStored(batches)) as B
}
