import { applyTemperature, fitTemperature } from '../../numeric/statistics/temperature.js'
import { checkTraining, checkWidth, type Labels } from '@etsef/plugin-api/models'
import { matrix, takeRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { dot, gram, outerGram } from '../../numeric/linear-algebra/products.js'
import { stratifiedFolds } from '../../numeric/statistics/stratified-folds.js'
import { minimiseSquaredHinge } from './squared-hinge.js'
import { minimiseSquaredHingeByRows } from './squared-hinge-by-rows.js'

/** Options of {@link fitLinearSvm}; names as in scikit-learn. */
export interface LinearSvmOptions {
  /** Cost of a unit of squared hinge loss, > 0, default 1. Larger fits the training rows more closely. */
  readonly C?: number
  /** Relative gradient at which to stop, default 1e-8. The published 1e-2 stops at solver noise on unscaled columns. */
  readonly tol?: number
  /** Newton iterations a class, default 1000. */
  readonly maxIter?: number
  /**
   * What the loss of a row of each class costs, times `C`; default 1 each. As in liblinear, a class's weight counts in its own
   * problem, where the rest costs `C`; with two classes both weights count in the one problem.
   */
  readonly classWeight?: Float64Array
}

/** What {@link fitLinearSvm} learns. */
export interface LinearSvmModel {
  readonly kind: 'linear-svm'
  /** `[numClasses, numFeatures]`; rows of absent classes are 0. */
  readonly weights: Matrix
  /** −infinity for a class without training rows. */
  readonly intercepts: Float64Array
  /** Turns margins into probabilities; 1 before {@link calibrateLinearSvm}. */
  readonly temperature: number
  readonly numIterations: number
  readonly converged: boolean
}

/**
 * Linear support vector machines with squared hinge loss, one class against the rest, intercept penalised.
 *
 * The minimum is unique and found without random numbers, so equal rows in any order give equal models to rounding.
 *
 * @throws PipelineError as `checkTraining`.
 * @see scikit-learn 1.9 LinearSVC (liblinear's primal problem); compare at the same small `tol`.
 */
export function fitLinearSvm(x: Matrix, y: Labels, options: LinearSvmOptions = {}): LinearSvmModel {
  const present = checkTraining(x, y)
  const rows = appendOnes(x)
  const d = rows.numFeatures
  const byRows = x.numSamples < d
  const products = byRows ? outerGram(rows) : gram(rows)
  const weights = matrix(y.numClasses, x.numFeatures)
  const intercepts = new Float64Array(y.numClasses).fill(-Infinity)
  let numIterations = 0
  let converged = true
  const { C = 1 } = options
  const weightOf = (k: number): number => options.classWeight?.[k] ?? 1
  const solve = byRows ? minimiseSquaredHingeByRows : minimiseSquaredHinge
  // With two classes the second problem is the first with signs exchanged.
  const classes = present.length === 2 ? present.slice(1) : present
  for (const k of classes) {
    const targets = Float64Array.from(y.labels, (label) => (label === k ? 1 : -1))
    const costs = Float64Array.from(y.labels, (label) =>
      label === k || present.length === 2 ? C * weightOf(label) : C,
    )
    const { tol = 1e-8, maxIter = 1000 } = options
    const solution = solve({ rows, targets, costs, tol, maxIter }, products)
    weights.data.set(solution.weights.subarray(0, d - 1), k * (d - 1))
    intercepts[k] = solution.weights[d - 1]!
    numIterations = Math.max(numIterations, solution.numIterations)
    converged &&= solution.converged
  }
  if (present.length === 2) mirror(weights, intercepts, present[1]!, present[0]!)
  return { kind: 'linear-svm', weights, intercepts, temperature: 1, numIterations, converged }
}

/** Signed margins, `[numSamples, numClasses]`; the largest is the prediction. */
export function linearSvmDecision(model: LinearSvmModel, x: Matrix): Matrix {
  const { weights, intercepts } = model
  checkWidth(x, weights.numFeatures)
  const [d, k] = [weights.numFeatures, weights.numSamples]
  const result = matrix(x.numSamples, k)
  for (let i = 0; i < x.numSamples; i++) {
    for (let c = 0; c < k; c++) result.data[i * k + c] = dot(x.data, i * d, weights.data, c * d, d) + intercepts[c]!
  }
  return result
}

/**
 * The same model with a temperature that turns its margins into probabilities, fitted on out-of-fold margins.
 *
 * Unlike Platt's sigmoids it cannot change the predicted class. Folds are by row order within a class, so no randomness;
 * with fewer than two rows of some class in train the temperature stays 1.
 *
 * @param options - Those of the fit, and `folds`, default 3.
 */
export function calibrateLinearSvm(
  model: LinearSvmModel,
  x: Matrix,
  y: Labels,
  options: LinearSvmOptions & { readonly folds?: number } = {},
): LinearSvmModel {
  const folds = stratifiedFolds(y, options.folds ?? 3)
  if (folds === undefined) return model
  const margins = matrix(x.numSamples, y.numClasses)
  for (const { train, held } of folds) {
    const labels = Int32Array.from(train, (i) => y.labels[i]!)
    const part = fitLinearSvm(takeRows(x, train), { labels, numClasses: y.numClasses }, options)
    const scores = linearSvmDecision(part, takeRows(x, held))
    held.forEach((i, r) => {
      margins.data.set(scores.data.subarray(r * y.numClasses, (r + 1) * y.numClasses), i * y.numClasses)
    })
  }
  const { temperature } = fitTemperature(margins, y.labels, { smoothing: 1 / (x.numSamples + 2) })
  return { ...model, temperature }
}

/** `softmax(margins / temperature)`, `[numSamples, numClasses]`. */
export function linearSvmProbabilities(model: LinearSvmModel, x: Matrix): Matrix {
  return applyTemperature({ kind: 'temperature', temperature: model.temperature }, linearSvmDecision(model, x))
}

function appendOnes(x: Matrix): Matrix {
  const { numSamples, numFeatures } = x
  const rows = matrix(numSamples, numFeatures + 1)
  for (let i = 0; i < numSamples; i++) {
    rows.data.set(x.data.subarray(i * numFeatures, (i + 1) * numFeatures), i * (numFeatures + 1))
    rows.data[(i + 1) * (numFeatures + 1) - 1] = 1
  }
  return rows
}

function mirror(weights: Matrix, intercepts: Float64Array, from: number, to: number): void {
  const d = weights.numFeatures
  for (let j = 0; j < d; j++) weights.data[to * d + j] = -weights.data[from * d + j]!
  intercepts[to] = -intercepts[from]!
}
