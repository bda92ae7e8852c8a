import type { FeatureBatch } from '@etsef/plugin-api'
import type { Matrix } from '../numeric/linear-algebra/matrix.js'

/** The rows of a batch with other columns, rounded to float32. */
export function withFeatures(batch: FeatureBatch, x: Matrix, featureNames: readonly string[]): FeatureBatch {
  return { ...batch, features: Float32Array.from(x.data), featureNames }
}
