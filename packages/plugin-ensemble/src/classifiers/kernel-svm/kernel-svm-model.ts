import { applyTemperature, fitTemperature } from '../../numeric/statistics/temperature.js'
import { checkTraining, checkWidth, type Labels } from '@etsef/plugin-api/models'
import { matrix, row, takeRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { multiplyTransposed } from '../../numeric/linear-algebra/products.js'
import { stratifiedFolds, type Fold } from '../../numeric/statistics/stratified-folds.js'
import { kernelRows } from './kernel-rows.js'
import { openKernel, scaleGamma, type Kernel, type KernelName } from './kernel.js'
import { decisionsWithin, pairWeights, trainPairs, type Pairs } from './train-pairs.js'

/** Options of {@link fitKernelSvm}; names as in scikit-learn. */
export interface KernelSvmOptions {
  readonly kernel: KernelName
  /** Cost of a unit of hinge loss, > 0. */
  readonly C: number
  /** `scale`: 1 / (numFeatures · variance of the table). */
  readonly gamma: 'scale' | number
  readonly degree: number
  readonly coef0: number
  /** Tolerance of the optimality conditions. */
  readonly tol: number
  /** Most steps for each pair of classes; default 10,000,000, as in LIBSVM. */
  readonly maxIter?: number
  /** Factor of `C` for the rows of each class, > 0; default 1 each. */
  readonly classWeight?: Float64Array
}

/** A fitted kernel SVM as data. */
export interface KernelSvmModel extends Kernel, Pairs {
  readonly kind: 'kernel-svm'
  readonly numClasses: number
  /** Support vectors, class by class. */
  readonly vectors: Matrix
  /** Turns decision values into probabilities; see {@link kernelSvmProbabilities}. */
  readonly temperature: number
}

/**
 * Support vector machine with a kernel, one against one.
 *
 * The algorithm, the order of rows and the precision of kernel values (float32) are LIBSVM's, so that models agree step by step.
 *
 * @throws PipelineError as `checkTraining`, and `ERR_BAD_DATA` for kernel values out of range.
 * @see Chang and Lin 2011, LIBSVM. scikit-learn 1.9 SVC with `break_ties=True`.
 */
export function fitKernelSvm(x: Matrix, y: Labels, options: KernelSvmOptions): KernelSvmModel {
  const numPresent = checkTraining(x, y).length
  const { kernel: name, degree, coef0 } = options
  const gamma = options.gamma === 'scale' ? scaleGamma(x) : options.gamma
  const kernel = { kernel: name, gamma, degree, coef0 }
  const costs = new Float64Array(y.numClasses).map((_, k) => options.C * (options.classWeight?.[k] ?? 1))
  const stopping = { tol: options.tol, maxIter: options.maxIter ?? 10_000_000 }
  // Class by class, so that the rows of a pair lie side by side.
  const order = Int32Array.from(y.labels.keys()).sort((a, b) => y.labels[a]! - y.labels[b]! || a - b)
  const rows = takeRows(x, order)
  const sorted = { labels: order.map((i) => y.labels[i]!), numClasses: y.numClasses }
  const table = kernelRows(rows, kernel, { numPairs: (numPresent * (numPresent - 1)) / 2 })
  const all = Int32Array.from(order.keys())
  const { places, ...pairs } = trainPairs(table, sorted, all, costs, stopping)
  const scores = heldOutScores(sorted, ({ train, held }) => {
    const part = trainPairs(table, sorted, train, costs, stopping)
    return classScores(decisionsWithin(table, part, held), part.present, y.numClasses)
  })
  const smoothing = 1 / (x.numSamples + 2)
  const temperature = scores === undefined ? 1 : fitTemperature(scores, sorted.labels, { smoothing }).temperature
  return {
    kind: 'kernel-svm',
    numClasses: y.numClasses,
    ...kernel,
    ...pairs,
    vectors: takeRows(rows, places),
    temperature,
  }
}

/** Scores of every row by a fit that has not seen it, or nothing where a class has too few rows for that. */
function heldOutScores(y: Labels, scoresOf: (fold: Fold) => Matrix): Matrix | undefined {
  const folds = stratifiedFolds(y, 3)
  if (folds === undefined) return undefined
  const scores = matrix(y.labels.length, y.numClasses)
  for (const fold of folds) {
    const part = scoresOf(fold)
    fold.held.forEach((i, r) => {
      row(scores, i).set(row(part, r))
    })
  }
  return scores
}

/**
 * One score per class, `[numSamples, numClasses]`: votes of the pairs, plus a part below ½ that orders equal votes by the
 * sum of the pairs' decision values (scikit-learn's `decision_function_shape='ovr'`). −infinity for absent classes.
 */
export function kernelSvmDecision(model: KernelSvmModel, x: Matrix): Matrix {
  return classScores(pairDecisions(model, x), model.present, model.numClasses)
}

function classScores(pairs: Matrix, present: Int32Array, numClasses: number): Matrix {
  const count = present.length
  const result = matrix(pairs.numSamples, numClasses)
  result.data.fill(-Infinity)
  const votes = new Float64Array(count)
  const sums = new Float64Array(count)
  for (let i = 0; i < pairs.numSamples; i++) {
    votes.fill(0)
    sums.fill(0)
    let pair = i * pairs.numFeatures
    for (let a = 0; a < count; a++) {
      for (let b = a + 1; b < count; b++, pair++) {
        const value = pairs.data[pair]!
        votes[value > 0 ? a : b]!++
        sums[a]! += value
        sums[b]! -= value
      }
    }
    present.forEach((k, a) => {
      const sum = sums[a]!
      result.data[i * numClasses + k] = count === 2 ? sum : votes[a]! + sum / (3 * (Math.abs(sum) + 1))
    })
  }
  return result
}

/** `softmax(decision / temperature)`, `[numSamples, numClasses]`: calibrated without changing the predicted class. */
export function kernelSvmProbabilities(model: KernelSvmModel, x: Matrix): Matrix {
  return applyTemperature({ kind: 'temperature', temperature: model.temperature }, kernelSvmDecision(model, x))
}

/** Decision value of each pair, positive for the first: `[numSamples, numPairs]`. */
export function pairDecisions(model: KernelSvmModel, x: Matrix): Matrix {
  const { vectors, rho } = model
  checkWidth(x, vectors.numFeatures)
  const weights = pairWeights(model)
  const valuesOf = openKernel(vectors, model)
  const result = matrix(x.numSamples, rho.length)
  for (let from = 0; from < x.numSamples; from += chunk) {
    const values = matrix(Math.min(chunk, x.numSamples - from), vectors.numSamples)
    for (let i = 0; i < values.numSamples; i++) valuesOf(row(x, from + i), row(values, i))
    const sums = multiplyTransposed(values, weights).data
    for (let at = 0; at < sums.length; at++) result.data[from * rho.length + at] = sums[at]! - rho[at % rho.length]!
  }
  return result
}

/** Rows whose kernel values are held at a time. */
const chunk = 256
