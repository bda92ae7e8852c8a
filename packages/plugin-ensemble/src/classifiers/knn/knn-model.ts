import { PipelineError } from '@etsef/plugin-api'
import { checkTraining, checkWidth, type Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { searcher, type Metric, type Neighbours } from './nearest-neighbours.js'

/** Options of {@link fitKnn}. */
export interface KnnOptions {
  /** Neighbours that vote, 1 to numSamples. */
  readonly neighbors: number
  /** `uniform`: one vote each; `distance`: 1 / distance, and neighbours at distance 0 take all the weight. */
  readonly weights: 'uniform' | 'distance'
  readonly metric: Metric
}

/** The training rows and how to read them. */
export interface KnnModel extends KnnOptions {
  readonly kind: 'knn'
  readonly rows: Matrix
  readonly labels: Int32Array
  readonly numClasses: number
}

/**
 * k nearest neighbours; fitting keeps the rows.
 *
 * @throws PipelineError as `checkTraining`; `ERR_TOO_FEW_ROWS` when `neighbors` exceeds the rows.
 * @see scikit-learn 1.9 KNeighborsClassifier with `algorithm='brute'`.
 */
export function fitKnn(x: Matrix, y: Labels, options: KnnOptions): KnnModel {
  checkTraining(x, y)
  if (options.neighbors > x.numSamples) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `${options.neighbors} neighbours cannot be found among ${x.numSamples} training rows`,
      option: 'neighbors',
      expected: `at most ${x.numSamples}`,
      received: String(options.neighbors),
    })
  }
  const { neighbors, weights, metric } = options
  const rows = matrix(x.numSamples, x.numFeatures, x.data.slice())
  return { kind: 'knn', neighbors, weights, metric, rows, labels: y.labels.slice(), numClasses: y.numClasses }
}

/**
 * Weighted shares of the neighbours' classes, `[numSamples, numClasses]`; rows sum to 1.
 *
 * Of rows at equal distance the one earlier in training is nearer; of classes with equal shares the lower index wins.
 */
export function knnProbabilities(model: KnnModel, x: Matrix): Matrix {
  return openKnn(model)(x)
}

/** {@link knnProbabilities} for many batches: what can be prepared is prepared once. */
export function openKnn(model: KnnModel): (x: Matrix) => Matrix {
  const search = searcher(model.rows, model.metric)
  return (x) => {
    checkWidth(x, model.rows.numFeatures)
    return shares(model, search(x, model.neighbors), x.numSamples)
  }
}

function shares(model: KnnModel, { indices, distances }: Neighbours, numSamples: number): Matrix {
  const k = model.neighbors
  const result = matrix(numSamples, model.numClasses)
  for (let i = 0; i < numSamples; i++) {
    const out = result.data.subarray(i * model.numClasses, (i + 1) * model.numClasses)
    let total = 0
    const isExact = model.weights === 'distance' && distances[i * k]! === 0
    for (let r = 0; r < k; r++) {
      const distance = distances[i * k + r]!
      const weight = model.weights === 'uniform' ? 1 : isExact ? Number(distance === 0) : 1 / distance
      out[model.labels[indices[i * k + r]!]!]! += weight
      total += weight
    }
    for (let c = 0; c < out.length; c++) out[c]! /= total
  }
  return result
}
