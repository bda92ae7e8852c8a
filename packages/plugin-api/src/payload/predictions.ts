import { concatRows, pickRows, type Rows } from './rows.js'

/** Rows with a score per class and the predicted class. */
export interface PredictionBatch extends Rows {
  readonly kind: 'predictions'
  /** Row-major float64 `[numSamples, numClasses]`, in class-list order. */
  readonly scores: Float64Array
  /** Whether scores are probabilities (rows sum to 1), shares of votes, or margins of any scale. */
  readonly scoreKind: 'probability' | 'voteShare' | 'margin'
  /** Index of the predicted class; −1 where the operation abstained. */
  readonly predicted: Int32Array
}

/** The predictions at the given positions. */
export function pickPredictions(batch: PredictionBatch, indices: readonly number[]): PredictionBatch {
  const width = batch.classNames.length
  const scores = new Float64Array(indices.length * width)
  indices.forEach((from, to) => {
    scores.set(batch.scores.subarray(from * width, (from + 1) * width), to * width)
  })
  const predicted = Int32Array.from(indices, (i) => batch.predicted[i]!)
  return { kind: 'predictions', ...pickRows(batch, indices), scores, scoreKind: batch.scoreKind, predicted }
}

/** Several prediction batches as one. */
export function concatPredictions(batches: readonly PredictionBatch[]): PredictionBatch {
  const rows = concatRows(batches)
  const scores = new Float64Array(rows.ids.length * rows.classNames.length)
  const predicted = new Int32Array(rows.ids.length)
  let offset = 0
  for (const batch of batches) {
    scores.set(batch.scores, offset * rows.classNames.length)
    predicted.set(batch.predicted, offset)
    offset += batch.ids.length
  }
  return { kind: 'predictions', ...rows, scores, scoreKind: batches[0]?.scoreKind ?? 'probability', predicted }
}
