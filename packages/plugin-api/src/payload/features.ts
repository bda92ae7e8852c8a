import { concatRows, pickRows, type Rows } from './rows.js'

/** Rows with a feature vector each. */
export interface FeatureBatch extends Rows {
  readonly kind: 'features'
  /** Row-major float32 `[numSamples, featureNames.length]`. */
  readonly features: Float32Array
  /** Column names, the same in every batch of a stream. */
  readonly featureNames: readonly string[]
}

/** The feature rows at the given positions. */
export function pickFeatures(batch: FeatureBatch, indices: readonly number[]): FeatureBatch {
  const width = batch.featureNames.length
  const features = new Float32Array(indices.length * width)
  indices.forEach((from, to) => {
    features.set(batch.features.subarray(from * width, (from + 1) * width), to * width)
  })
  return { kind: 'features', ...pickRows(batch, indices), features, featureNames: batch.featureNames }
}

/** Several feature batches as one. */
export function concatFeatures(batches: readonly FeatureBatch[]): FeatureBatch {
  const features = new Float32Array(batches.reduce((total, batch) => total + batch.features.length, 0))
  let offset = 0
  for (const batch of batches) {
    features.set(batch.features, offset)
    offset += batch.features.length
  }
  return { kind: 'features', ...concatRows(batches), features, featureNames: batches[0]?.featureNames ?? [] }
}
