import { checkTraining, checkWidth, type Labels } from '@etsef/plugin-api/models'
import { centre, columnMeans, columnSquares, matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { multiply, multiplyTransposed } from '../../numeric/linear-algebra/products.js'
import { principalDirections } from '../../numeric/linear-algebra/pca.js'
import { softmaxRows } from '../../numeric/statistics/softmax.js'

/** Options of {@link fitLda}. */
export interface LdaOptions {
  /** Share of the pooled covariance replaced by its mean variance, in [0, 1]; 0 is classical LDA. */
  readonly shrinkage?: number
}

/** Share of a column's spread below which a direction has none (`tol` of scikit-learn). */
const leastSpread = 1e-4

/** What {@link fitLda} learns. */
export interface LdaModel {
  readonly kind: 'lda'
  readonly means: Float64Array
  /** `[numDirections, numFeatures]`: directions of most between- to within-class variance, which is 1 within classes. */
  readonly directions: Matrix
  /** `[numClasses, numDirections]`: class means along them; zeros for a class without rows. */
  readonly centres: Matrix
  readonly logPriors: Float64Array
}

/**
 * Linear discriminant analysis: one Gaussian a class with a common covariance.
 *
 * Works in the space where the pooled within-class covariance is the identity. Directions without within-class variance are
 * left out, so more columns than rows are allowed. Without shrinkage columns are first brought to one spread within classes,
 * so that units do not matter: a direction counts as without variance below 1e-4 of that spread. Shrinkage replaces part of
 * the covariance by the mean variance, which does depend on units.
 *
 * @throws PipelineError as `checkTraining`.
 * @see Hastie, Tibshirani and Friedman 2009, 4.3. scikit-learn 1.9 LinearDiscriminantAnalysis, svd solver (covariances with
 * divisor n).
 */
export function fitLda(x: Matrix, y: Labels, options: LdaOptions = {}): LdaModel {
  const present = checkTraining(x, y)
  const { numSamples, numFeatures: d } = x
  const means = columnMeans(x)
  const centred = centre(x, means)
  const { classMeans, counts } = meansByClass(centred, y)
  const within = withinClasses(centred, y, classMeans)
  const shrinkage = options.shrinkage ?? 0
  const found = shrinkage > 0 ? shrunkWhitening(within, shrinkage) : scaledWhitening(within, columnSizes(x))
  const whitening = found.numSamples > 0 ? found : identity(d)
  const spread = matrix(present.length, d)
  present.forEach((k, at) => {
    for (let j = 0; j < d; j++)
      spread.data[at * d + j] = Math.sqrt(counts[k]! / numSamples) * classMeans.data[k * d + j]!
  })
  const between = multiplyTransposed(spread, whitening)
  const count = Math.min(present.length - 1, whitening.numSamples)
  const { squares, directions: axes } = principalDirections(between, count)
  const useful = squares.filter((value) => value > 1e-12 * Math.max(squares[0] ?? 0, Number.MIN_VALUE)).length
  const top = matrix(useful, axes.numFeatures, axes.data.slice(0, useful * axes.numFeatures))
  const directions = useful > 0 ? multiply(top, whitening) : matrix(0, d)
  const centres = multiplyTransposed(classMeans, directions)
  const logPriors = counts.map((size) => Math.log(size / numSamples))
  return { kind: 'lda', means, directions, centres, logPriors }
}

/** Rows along the discriminant directions, `[numSamples, numDirections]`; at most one fewer than classes. */
export function applyLda(model: LdaModel, x: Matrix): Matrix {
  checkWidth(x, model.means.length)
  return multiplyTransposed(centre(x, model.means), model.directions)
}

/** Class probabilities, `[numSamples, numClasses]`; rows sum to 1. */
export function ldaProbabilities(model: LdaModel, x: Matrix): Matrix {
  const scores = applyLda(model, x)
  const k = model.logPriors.length
  const width = scores.numFeatures
  const logits = matrix(x.numSamples, k)
  for (let i = 0; i < x.numSamples; i++) {
    for (let c = 0; c < k; c++) {
      let square = 0
      for (let j = 0; j < width; j++) square += (scores.data[i * width + j]! - model.centres.data[c * width + j]!) ** 2
      logits.data[i * k + c] = model.logPriors[c]! - square / 2
    }
  }
  return softmaxRows(logits)
}

function meansByClass(x: Matrix, y: Labels): { classMeans: Matrix; counts: Float64Array } {
  const d = x.numFeatures
  const classMeans = matrix(y.numClasses, d)
  const counts = new Float64Array(y.numClasses)
  y.labels.forEach((label, i) => {
    counts[label]!++
    for (let j = 0; j < d; j++) classMeans.data[label * d + j]! += x.data[i * d + j]!
  })
  for (let at = 0; at < classMeans.data.length; at++) classMeans.data[at]! /= Math.max(1, counts[Math.floor(at / d)]!)
  return { classMeans, counts }
}

/** Each row less the mean of its class. */
function withinClasses(centred: Matrix, y: Labels, classMeans: Matrix): Matrix {
  const { numSamples, numFeatures: d } = centred
  const within = matrix(numSamples, d, centred.data.slice())
  y.labels.forEach((label, i) => {
    for (let j = 0; j < d; j++) within.data[i * d + j]! -= classMeans.data[label * d + j]!
  })
  return within
}

/** Largest value of each column, in size. */
function columnSizes({ numFeatures: d, data }: Matrix): Float64Array {
  const sizes = new Float64Array(d)
  for (let base = 0; base < data.length; base += d) {
    for (let j = 0; j < d; j++) sizes[j] = Math.max(sizes[j]!, Math.abs(data[base + j]!))
  }
  return sizes
}

/** Rows that make the pooled within-class covariance the identity, found on columns of one spread. */
function scaledWhitening(within: Matrix, sizes: Float64Array): Matrix {
  const { numSamples, numFeatures: d, data } = within
  const scales = columnSquares(within, new Float64Array(d)).map((square, j) => {
    const spread = Math.sqrt(square / numSamples)
    // What is left of a constant when its mean is taken off is rounding, not spread.
    return spread > 16 * Number.EPSILON * sizes[j]! ? 1 / spread : 0
  })
  const scaled = matrix(numSamples, d, data.slice())
  scaleColumns(scaled, scales)
  const whitening = whiteningOf(scaled, numSamples, () => numSamples * leastSpread ** 2)
  scaleColumns(whitening, scales)
  return whitening
}

function scaleColumns({ numFeatures: d, data }: Matrix, scales: Float64Array): void {
  for (let base = 0; base < data.length; base += d) for (let j = 0; j < d; j++) data[base + j]! *= scales[j]!
}

/** The same for a covariance part of which is replaced by its mean variance. */
function shrunkWhitening(within: Matrix, shrinkage: number): Matrix {
  return whiteningOf(withRidge(within, shrinkage), within.numSamples, (largest) => 1e-12 * largest)
}

/** Principal directions of rows, each scaled to variance 1; those not above the floor for the largest square are left out. */
function whiteningOf(rows: Matrix, numSamples: number, floorFor: (largest: number) => number): Matrix {
  const d = rows.numFeatures
  const { squares, directions } = principalDirections(rows, Math.min(rows.numSamples, d))
  const floor = floorFor(squares[0]!)
  const rank = squares.filter((value) => value > floor).length
  const result = matrix(rank, d)
  for (let r = 0; r < rank; r++) {
    const scale = Math.sqrt(numSamples / squares[r]!)
    for (let j = 0; j < d; j++) result.data[r * d + j] = directions.data[r * d + j]! * scale
  }
  return result
}

/** Adds d rows that contribute `shrinkage · mean variance` to every direction, and scales the others down. */
function withRidge(within: Matrix, shrinkage: number): Matrix {
  const { numSamples, numFeatures: d } = within
  const total = within.data.reduce((sum, value) => sum + value * value, 0)
  const result = matrix(numSamples + d, d)
  const keep = Math.sqrt(1 - shrinkage)
  within.data.forEach((value, at) => (result.data[at] = keep * value))
  const ridge = Math.sqrt((shrinkage * total) / d)
  for (let j = 0; j < d; j++) result.data[(numSamples + j) * d + j] = ridge
  return result
}

function identity(d: number): Matrix {
  const result = matrix(d, d)
  for (let j = 0; j < d; j++) result.data[j * d + j] = 1
  return result
}
