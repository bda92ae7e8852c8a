import { checkTraining, type Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { dot } from '../../numeric/linear-algebra/products.js'
import { applyStandardize, fitStandardize } from '../../numeric/statistics/standardize.js'
import { keepBest, type SelectModel } from '../select-columns.js'

/** Options of {@link fitSelectL1Logistic}. */
export interface L1LogisticOptions {
  readonly components: number
  /** Inverse strength of the L1 penalty, > 0; smaller keeps fewer weights. */
  readonly C: number
  /** Largest violation of the optimality conditions, as a share of the penalty's slope 1 / C; default 1e-4. */
  readonly tol?: number
  /** Default 10,000. */
  readonly maxIter?: number
}

/** Weights, and whether they are the optimum to the tolerance. */
export interface L1Weights {
  /** `[numClasses, numFeatures]`; zeros for a class without rows. */
  readonly weights: Matrix
  readonly numIterations: number
  readonly converged: boolean
}

/** A selection by weights; see {@link L1Weights}. */
export interface L1Selection extends SelectModel, Pick<L1Weights, 'numIterations' | 'converged'> {}

/**
 * The columns of largest weight in a multinomial logistic regression with L1 penalty, on standardised columns.
 *
 * Columns whose weights are all 0 score 0 and come last, by index.
 *
 * @returns Scores: largest |weight| of the column over the classes.
 * @throws PipelineError `ERR_BAD_OPTION` for `components` above the number of columns, and as `checkTraining`.
 */
export function fitSelectL1Logistic(x: Matrix, y: Labels, options: L1LogisticOptions): L1Selection {
  checkTraining(x, y)
  const { weights, numIterations, converged } = l1Weights(applyStandardize(fitStandardize(x), x), y, options)
  const scores = new Float64Array(x.numFeatures)
  weights.data.forEach((weight, at) => {
    const j = at % x.numFeatures
    scores[j] = Math.max(scores[j]!, Math.abs(weight))
  })
  return { ...keepBest(scores, options.components), numIterations, converged }
}

/**
 * Weights of least Σ −log p + Σ |w| / C, intercepts free.
 *
 * The step grows while the loss allows and is halved where it does not: near rows that are told apart, the loss is far
 * flatter than its bound, and a step by the bound would take hundreds of times as many iterations.
 *
 * @see Beck and Teboulle 2009, A fast iterative shrinkage-thresholding algorithm, with backtracking; O’Donoghue and Candès
 * 2015, Adaptive restart for accelerated gradient schemes (gradient scheme).
 */
export function l1Weights(x: Matrix, y: Labels, options: Omit<L1LogisticOptions, 'components'>): L1Weights {
  const present = checkTraining(x, y)
  const { C, tol = 1e-4, maxIter = 10_000 } = options
  const penalty = 1 / C
  const d = x.numFeatures
  const stride = d + 1
  const targets = y.labels.map((label) => present.indexOf(label))
  const isIntercept = (at: number): boolean => at % stride === d

  // Parameters `[numPresent, numFeatures + 1]`, the intercept last, with the scores that they give.
  let found = pointAt(x, new Float64Array(present.length * stride))
  let ahead = found
  let momentum = 1
  let rate = 1
  let converged = false
  let numIterations = 0
  while (!converged && numIterations < maxIter) {
    numIterations++
    const { value, residuals } = softmaxLoss(ahead.scores, targets)
    const gradient = gradientOf(residuals, x, present.length)
    rate *= 1.1
    let next = found
    let violation = 0
    for (let isTooLong = true; isTooLong;) {
      let bound = value + 1e-12 * Math.abs(value)
      violation = 0
      const moved = ahead.parameters.map((parameter, at) => {
        const target = parameter - rate * gradient[at]!
        const result = isIntercept(at) ? target : Math.sign(target) * Math.max(0, Math.abs(target) - rate * penalty)
        const step = result - parameter
        bound += gradient[at]! * step + (step * step) / (2 * rate)
        violation = Math.max(violation, Math.abs(step) / rate)
        return result
      })
      next = pointAt(x, moved)
      isTooLong = softmaxLoss(next.scores, targets).value > bound
      if (isTooLong) rate /= 2
    }
    converged = violation <= tol * penalty
    let uphill = 0
    next.parameters.forEach((parameter, at) => {
      uphill += (ahead.parameters[at]! - parameter) * (parameter - found.parameters[at]!)
    })
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2
    // The momentum starts afresh when it points uphill.
    const share = uphill > 0 ? 0 : (momentum - 1) / nextMomentum
    momentum = uphill > 0 ? 1 : nextMomentum
    ahead = {
      parameters: beyond(found.parameters, next.parameters, share),
      scores: beyond(found.scores, next.scores, share),
    }
    found = next
  }
  const weights = matrix(y.numClasses, d)
  present.forEach((k, at) => weights.data.set(found.parameters.subarray(at * stride, at * stride + d), k * d))
  return { weights, numIterations, converged }
}

interface Point {
  readonly parameters: Float64Array
  /** `[numSamples, numPresent]`. */
  readonly scores: Float64Array
}

function pointAt(x: Matrix, parameters: Float64Array): Point {
  const { numSamples, numFeatures: d, data } = x
  const numClasses = parameters.length / (d + 1)
  const scores = new Float64Array(numSamples * numClasses)
  for (let i = 0, at = 0; i < numSamples; i++) {
    for (let base = 0; base < parameters.length; base += d + 1, at++) {
      scores[at] = parameters[base + d]! + dot(parameters, base, data, i * d, d)
    }
  }
  return { parameters, scores }
}

/** From one point past another, by a share of the way between them. */
function beyond(from: Float64Array, to: Float64Array, share: number): Float64Array {
  return to.map((value, at) => value + share * (value - from[at]!))
}

/** Σ −log p of the labels, and `p − y`, `[numSamples, numClasses]`. */
function softmaxLoss(scores: Float64Array, targets: Int32Array): { value: number; residuals: Float64Array } {
  const numClasses = scores.length / targets.length
  const residuals = new Float64Array(scores.length)
  let value = 0
  targets.forEach((target, i) => {
    const at = i * numClasses
    let top = -Infinity
    for (let k = 0; k < numClasses; k++) top = Math.max(top, scores[at + k]!)
    let sum = 0
    for (let k = 0; k < numClasses; k++) sum += residuals[at + k] = Math.exp(scores[at + k]! - top)
    for (let k = 0; k < numClasses; k++) residuals[at + k]! /= sum
    residuals[at + target]! -= 1
    value += top + Math.log(sum) - scores[at + target]!
  })
  return { value, residuals }
}

/** `rᵀ (x, 1)` for residuals `[numSamples, numClasses]`. */
function gradientOf(residuals: Float64Array, x: Matrix, numClasses: number): Float64Array {
  const { numSamples, numFeatures: d, data } = x
  const result = new Float64Array(numClasses * (d + 1))
  for (let i = 0; i < numSamples; i++) {
    for (let k = 0; k < numClasses; k++) {
      const residual = residuals[i * numClasses + k]!
      const base = k * (d + 1)
      for (let j = 0; j < d; j++) result[base + j]! += residual * data[i * d + j]!
      result[base + d]! += residual
    }
  }
  return result
}
