import { checkFeatures, checkWidth } from '@etsef/plugin-api/models'
import type { Crew } from '../kernels/crew.js'
import { centre, columnMeans, columnSquares, matrix, transpose, type Matrix } from './matrix.js'
import { gram, multiply, multiplyTransposed, outerGram } from './products.js'
import { symmetricEigen } from './symmetric-eigen.js'

/** What {@link fitPca} learns. */
export interface PcaModel {
  readonly kind: 'pca'
  readonly means: Float64Array
  /** `[numComponents, numFeatures]`, unit rows; the entry largest in size of each row is positive. */
  readonly components: Matrix
  /** Variance along each component, divisor n − 1, descending. */
  readonly variances: Float64Array
  /** Share of the total variance along each component. */
  readonly ratios: Float64Array
  readonly whiten: boolean
}

/**
 * Principal components of centred rows.
 *
 * Eigenvectors of the covariance, or of the row products where rows are fewer than columns.
 *
 * @param options - `components`: how many, lowered to min(numSamples, numFeatures); `whiten`: scale to unit variance.
 * @throws PipelineError `ERR_TOO_FEW_ROWS` below 2 rows, `ERR_NOT_FINITE`.
 * @see scikit-learn 1.9 PCA (same variances, ratios and signs).
 */
export function fitPca(x: Matrix, options: { readonly components: number; readonly whiten?: boolean }): PcaModel {
  checkFeatures(x, 2)
  const means = columnMeans(x)
  const total = columnSquares(x, means).reduce((sum, value) => sum + value, 0)
  const count = Math.min(options.components, x.numSamples, x.numFeatures)
  const { squares, directions } = principalDirections(centre(x, means), count)
  return {
    kind: 'pca',
    means,
    components: flipSigns(directions),
    variances: squares.map((value) => value / (x.numSamples - 1)),
    ratios: squares.map((value) => (total > 0 ? value / total : 0)),
    whiten: options.whiten ?? false,
  }
}

/** Scores of new rows along the components: `[numSamples, numComponents]`. */
export function applyPca(model: PcaModel, x: Matrix): Matrix {
  checkWidth(x, model.means.length)
  const scores = multiplyTransposed(centre(x, model.means), model.components)
  if (!model.whiten) return scores
  const width = scores.numFeatures
  const scales = model.variances.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 0))
  for (let i = 0; i < scores.data.length; i++) scores.data[i]! *= scales[i % width]!
  return scores
}

/** Squared singular values (descending, not below 0) and right singular vectors (rows) of a centred matrix. */
export function principalDirections(
  centred: Matrix,
  count: number,
  crew?: Crew,
): { squares: Float64Array; directions: Matrix } {
  const { numSamples, numFeatures } = centred
  if (numSamples >= numFeatures) {
    const { values, vectors } = symmetricEigen(gram(centred, crew), count)
    return { squares: values.map((value) => Math.max(0, value)), directions: vectors }
  }
  const { values, vectors } = symmetricEigen(outerGram(centred, crew), count)
  const directions = multiply(vectors, centred)
  normaliseRows(directions)
  return { squares: values.map((value) => Math.max(0, value)), directions }
}

/** Scales rows to length one and keeps them orthogonal; a row of zeros (no variance left) becomes a free direction. */
function normaliseRows(rows: Matrix): void {
  const { numSamples, numFeatures, data } = rows
  let largest = 0
  for (let r = 0; r < numSamples; r++) {
    const v = data.subarray(r * numFeatures, (r + 1) * numFeatures)
    const before = length(v)
    largest = Math.max(largest, before)
    if (before <= largest * 1e-7) v.fill(0)
    for (let axis = 0; axis <= numFeatures; axis++) {
      for (let pass = 0; pass < 2; pass++) removeEarlier(rows, r, v)
      if (length(v) > (before <= largest * 1e-7 ? 1e-3 : 0)) break
      v.fill(0)
      if (axis < numFeatures) v[(r + axis) % numFeatures] = 1
    }
    const after = length(v)
    if (after > 0) for (let j = 0; j < numFeatures; j++) v[j]! /= after
  }
}

function removeEarlier(rows: Matrix, r: number, v: Float64Array): void {
  const { numFeatures, data } = rows
  for (let q = 0; q < r; q++) {
    let along = 0
    for (let j = 0; j < numFeatures; j++) along += v[j]! * data[q * numFeatures + j]!
    for (let j = 0; j < numFeatures; j++) v[j]! -= along * data[q * numFeatures + j]!
  }
}

function length(v: Float64Array): number {
  return Math.sqrt(v.reduce((sum, value) => sum + value * value, 0))
}

function flipSigns(directions: Matrix): Matrix {
  const { numSamples, numFeatures, data } = directions
  const result = matrix(numSamples, numFeatures, data.slice())
  for (let r = 0; r < numSamples; r++) {
    const v = result.data.subarray(r * numFeatures, (r + 1) * numFeatures)
    let top = 0
    for (let j = 1; j < numFeatures; j++) if (Math.abs(v[j]!) > Math.abs(v[top]!)) top = j
    if (v[top]! < 0) for (let j = 0; j < numFeatures; j++) v[j] = -v[j]!
  }
  return result
}

/** Rows rebuilt from their scores: the inverse of {@link applyPca} up to the variance that was dropped. */
export function invertPca(model: PcaModel, scores: Matrix): Matrix {
  const scaled = matrix(scores.numSamples, scores.numFeatures, scores.data.slice())
  if (model.whiten) {
    for (let i = 0; i < scaled.data.length; i++) {
      scaled.data[i]! *= Math.sqrt(model.variances[i % scaled.numFeatures]!)
    }
  }
  const rows = multiplyTransposed(scaled, transpose(model.components))
  for (let i = 0; i < rows.data.length; i++) rows.data[i]! += model.means[i % rows.numFeatures]!
  return rows
}
