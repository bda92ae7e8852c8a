import { checkTraining, type Labels } from '../checks/training-data.js'
import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { gram, multiplyTransposed } from '../linear-algebra/products.js'
import { symmetricEigen } from '../linear-algebra/symmetric-eigen.js'
import { applyStandardize, fitStandardize } from '../standardize/standardize.js'
import { softmaxRows } from '../statistics/softmax.js'
import { keepBest, type SelectModel } from './select-columns.js'

/** Options of {@link fitSelectL1Logistic}. */
export interface L1LogisticOptions {
  readonly k: number
  /** Inverse strength of the L1 penalty, > 0; smaller keeps fewer weights. */
  readonly C: number
  readonly tol?: number
  readonly maxIter?: number
}

/**
 * The k columns of largest weight in a multinomial logistic regression with L1 penalty, on standardised columns.
 *
 * Columns whose weights are all 0 score 0 and come last, by index.
 *
 * @returns Scores: largest |weight| of the column over the classes.
 * @throws PipelineError `ERR_BAD_OPTION` for k above the number of columns, and as {@link checkTraining}.
 * @see Beck and Teboulle 2009, A fast iterative shrinkage-thresholding algorithm (with restarts).
 */
export function fitSelectL1Logistic(x: Matrix, y: Labels, options: L1LogisticOptions): SelectModel {
  checkTraining(x, y)
  const weights = l1Weights(applyStandardize(fitStandardize(x), x), y, options)
  const scores = new Float64Array(x.numFeatures)
  weights.data.forEach((weight, at) => {
    const j = at % x.numFeatures
    scores[j] = Math.max(scores[j]!, Math.abs(weight))
  })
  return keepBest(scores, options.k)
}

/** Weights `[numClasses, numFeatures]` of least Σ −log p + Σ |w| / C, intercepts free. */
export function l1Weights(x: Matrix, y: Labels, options: Omit<L1LogisticOptions, 'k'>): Matrix {
  const { numSamples, numFeatures: d } = x
  const { numClasses } = y
  const { C, tol = 1e-6, maxIter = 2000 } = options
  const top = symmetricEigen(gram(x), 1).values[0]!
  // Half the largest eigenvalue bounds the curvature of the softmax loss; the intercept adds one for each row.
  const rate = 1 / (0.5 * (top + numSamples))
  let weights = matrix(numClasses, d)
  let ahead = matrix(numClasses, d)
  const intercepts = new Float64Array(numClasses)
  let momentum = 1
  for (let iteration = 0; iteration < maxIter; iteration++) {
    const residuals = residualsAt(x, y, ahead, intercepts)
    const next = matrix(numClasses, d)
    const gradient = multiplyByRows(residuals, x)
    let change = 0
    let size = 0
    let isUphill = 0
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2
    for (let at = 0; at < next.data.length; at++) {
      const moved = ahead.data[at]! - rate * gradient.data[at]!
      next.data[at] = Math.sign(moved) * Math.max(0, Math.abs(moved) - rate / C)
      const step = next.data[at]! - weights.data[at]!
      change = Math.max(change, Math.abs(step))
      size = Math.max(size, Math.abs(next.data[at]!))
      isUphill += (ahead.data[at]! - next.data[at]!) * step
    }
    for (let k = 0; k < numClasses; k++) {
      let sum = 0
      for (let i = 0; i < numSamples; i++) sum += residuals.data[i * numClasses + k]!
      intercepts[k]! -= rate * sum
    }
    // The momentum starts afresh when it points uphill.
    const share = isUphill > 0 ? 0 : (momentum - 1) / nextMomentum
    momentum = isUphill > 0 ? 1 : nextMomentum
    ahead = matrix(numClasses, d)
    for (let at = 0; at < next.data.length; at++) {
      ahead.data[at] = next.data[at]! + share * (next.data[at]! - weights.data[at]!)
    }
    weights = next
    if (change <= tol * Math.max(size, 1e-3)) break
  }
  return weights
}

/** `p − y`, `[numSamples, numClasses]`. */
function residualsAt(x: Matrix, y: Labels, weights: Matrix, intercepts: Float64Array): Matrix {
  const logits = multiplyTransposed(x, weights)
  for (let at = 0; at < logits.data.length; at++) logits.data[at]! += intercepts[at % y.numClasses]!
  const residuals = softmaxRows(logits)
  y.labels.forEach((label, i) => {
    residuals.data[i * y.numClasses + label]! -= 1
  })
  return residuals
}

/** `rᵀ x` for `[n, k]` and `[n, d]`. */
function multiplyByRows(r: Matrix, x: Matrix): Matrix {
  const [k, d] = [r.numFeatures, x.numFeatures]
  const result = matrix(k, d)
  for (let i = 0; i < x.numSamples; i++) {
    for (let c = 0; c < k; c++) {
      const scale = r.data[i * k + c]!
      if (scale === 0) continue
      for (let j = 0; j < d; j++) result.data[c * d + j]! += scale * x.data[i * d + j]!
    }
  }
  return result
}
