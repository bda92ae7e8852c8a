import { collectFeatures } from '../collect.js'
import { PipelineError } from '../errors.js'
import type { FeatureBatch } from '../payload/features.js'
import type { PredictionBatch } from '../payload/predictions.js'
import type { Labels } from './training-data.js'
import { argmaxRows, matrix, type Matrix } from './matrix.js'
import type { Observable } from 'rxjs'

/** Training rows with their ids, as the mathematics takes them. */
export interface TrainingTable {
  readonly x: Matrix
  readonly y: Labels
  readonly featureNames: readonly string[]
  readonly classNames: readonly string[]
}

/**
 * All rows of a stream.
 *
 * @throws PipelineError `ERR_NOT_FINITE` naming the row's id and the column; `ERR_TOO_FEW_ROWS` for an empty stream.
 */
export async function collectTraining(
  features$: Observable<FeatureBatch>,
  signal: AbortSignal,
): Promise<TrainingTable> {
  const table = await collectFeatures(features$, signal)
  if (table.ids.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: 'There are no training rows',
      hint: 'split the rows upstream, and give the train partition a share',
    })
  }
  return {
    x: featureMatrix(table),
    y: { labels: table.labels, numClasses: table.classNames.length },
    featureNames: table.featureNames,
    classNames: table.classNames,
  }
}

/** The features of a batch in float64. @throws PipelineError `ERR_NOT_FINITE` naming the row's id and the column. */
export function featureMatrix(batch: FeatureBatch): Matrix {
  const width = batch.featureNames.length
  const { features } = batch
  for (let i = 0; i < features.length; i++) {
    if (!Number.isFinite(features[i])) {
      throw new PipelineError('ERR_NOT_FINITE', {
        message: `Column "${String(batch.featureNames[i % width])}" of row "${String(batch.ids[Math.floor(i / width)])}" is ${String(features[i])}`,
        expected: 'finite features',
        received: String(features[i]),
        hint: 'look for a division by zero or an overflow in the operation that made the features',
      })
    }
  }
  return matrix(batch.ids.length, width, features)
}

/** The rows of a batch with class probabilities and their largest as the prediction. */
export function withProbabilities(batch: FeatureBatch, probabilities: Matrix): PredictionBatch {
  const { ids, sourceIds, labels, groups, partitions, classNames } = batch
  return {
    kind: 'predictions',
    ...{ ids, sourceIds, labels, groups, partitions, classNames },
    scores: probabilities.data,
    scoreKind: 'probability',
    predicted: argmaxRows(probabilities),
  }
}
