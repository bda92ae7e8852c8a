import type { Observable } from 'rxjs'
import type { AttributionBatch } from './attributions.js'
import type { ModelValue, ReportValue } from './directories.js'
import type { FeatureBatch } from './features.js'
import type { ImageBatch, ImageRows } from './images.js'
import type { PredictionBatch } from './predictions.js'
import type { PredictorValue } from './predictor.js'
import type { TensorBatch } from './tensors.js'

/** What an operation reads at a port of each kind. */
export interface PortValues {
  readonly images: Observable<ImageBatch>
  readonly features: Observable<FeatureBatch>
  readonly predictions: Observable<PredictionBatch>
  readonly attributions: Observable<AttributionBatch>
  readonly tensor: Observable<TensorBatch>
  readonly model: ModelValue
  readonly report: ReportValue
  readonly predictor: PredictorValue
}

/** What an operation returns at a port of each kind. */
export interface OutputValues extends Omit<PortValues, 'images' | 'predictor'> {
  /** The runner makes predictors, of every node with rows; no operation gives one. */
  readonly predictor: never
  readonly images: Observable<ImageRows>
}

/** A batch of each row-carrying kind. */
export interface Batches {
  readonly images: ImageBatch
  readonly features: FeatureBatch
  readonly predictions: PredictionBatch
  readonly attributions: AttributionBatch
  readonly tensor: TensorBatch
}

/** A batch of each row-carrying kind, as an operation returns it. */
export interface OutputBatches extends Omit<Batches, 'images'> {
  readonly images: ImageRows
}
