import type { RowKind } from '../port.js'
import { concatAttributions, pickAttributions, type AttributionBatch } from './attributions.js'
import { concatFeatures, pickFeatures, type FeatureBatch } from './features.js'
import type { ImageBatch } from './images.js'
import { concatPredictions, pickPredictions, type PredictionBatch } from './predictions.js'
import { concatRows, pickRows } from './rows.js'
import { concatTensors, pickTensors, type TensorBatch } from './tensors.js'

/** Image rows as they are stored: without a way to decode pixels. */
export type StoredImageBatch = Omit<ImageBatch, 'load' | 'isRandom'>

/** Batches as they are stored, by kind. */
export interface StoredBatches {
  readonly images: StoredImageBatch
  readonly features: FeatureBatch
  readonly predictions: PredictionBatch
  readonly attributions: AttributionBatch
  readonly tensor: TensorBatch
}

/** A batch of any kind, as stored. */
export type StoredBatch = StoredBatches[RowKind]

/** Several stored batches as one. */
export function concatStored(batches: readonly StoredBatch[]): StoredBatch {
  const [first] = batches
  if (!first) throw new RangeError('concatStored needs at least one batch')
  if (batches.length === 1) return first
  // All batches of a stream are of the first one's kind: the writer has checked.
  if (first.kind === 'features') return concatFeatures(batches as (typeof first)[])
  if (first.kind === 'predictions') return concatPredictions(batches as (typeof first)[])
  if (first.kind === 'attributions') return concatAttributions(batches as (typeof first)[])
  if (first.kind === 'tensor') return concatTensors(batches as (typeof first)[])
  const images = batches as StoredImageBatch[]
  return {
    kind: 'images',
    ...concatRows(images),
    uris: images.flatMap((batch) => batch.uris),
    parentIds: images.flatMap((batch) => batch.parentIds),
    transforms: images.flatMap((batch) => batch.transforms),
  }
}

/** The stored rows at the given positions. */
export function pickStored(batch: StoredBatch, indices: readonly number[]): StoredBatch {
  if (batch.kind === 'features') return pickFeatures(batch, indices)
  if (batch.kind === 'predictions') return pickPredictions(batch, indices)
  if (batch.kind === 'attributions') return pickAttributions(batch, indices)
  if (batch.kind === 'tensor') return pickTensors(batch, indices)
  return {
    kind: 'images',
    ...pickRows(batch, indices),
    uris: indices.map((i) => batch.uris[i]!),
    parentIds: indices.map((i) => batch.parentIds[i]!),
    transforms: indices.map((i) => batch.transforms[i]!),
  }
}
