import { checkTraining, checkWidth, type Labels } from '../checks/training-data.js'
import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { softmaxRows } from '../statistics/softmax.js'
import { minimizeNewton } from './newton-cg.js'

/** What {@link fitMultinomial} learns: a linear score per class. */
export interface MultinomialModel {
  readonly kind: 'multinomial'
  readonly numClasses: number
  /** `[numClasses, numFeatures]`; zeros for a class without training rows. */
  readonly weights: Matrix
  /** `[numClasses]`; −infinity for a class without training rows, which so gets probability 0. */
  readonly intercepts: Float64Array
}

/**
 * Multinomial logistic regression: least Σ −log p(label) + ‖weights‖² / (2 c), intercepts free.
 *
 * The weights of the classes sum to 0, as the penalty wants; with two classes that is half the penalty of the one-vector
 * form, so `c` here equals `C / 2` of scikit-learn's binary fit. From three classes on the two agree.
 *
 * @param x - Finite features, best on one scale.
 * @param y - Labels; two or more classes with rows.
 * @param options - `c`: inverse strength of the penalty, > 0, default 1; `tolerance`: on the largest gradient entry per
 * row, default 1e-10; `classWeights`: what the loss of a row of each class counts, default 1 each.
 * @throws PipelineError as {@link checkTraining}.
 * @see scikit-learn 1.9.1 LogisticRegression (same optimum).
 */
export function fitMultinomial(
  x: Matrix,
  y: Labels,
  options: { readonly c?: number; readonly tolerance?: number; readonly classWeights?: Float64Array } = {},
): MultinomialModel {
  const present = checkTraining(x, y)
  const { numSamples, numFeatures } = x
  const place = new Int32Array(y.numClasses).fill(-1)
  present.forEach((k, at) => (place[k] = at))
  const targets = y.labels.map((label) => place[label]!)
  const rowWeights = Float64Array.from(y.labels, (label) => options.classWeights?.[label] ?? 1)
  const problem = multinomialProblem(x, targets, rowWeights, present.length, options.c ?? 1)
  const start = new Float64Array(present.length * (numFeatures + 1))
  const found = minimizeNewton(problem, start, (options.tolerance ?? 1e-10) * numSamples)
  const weights = matrix(y.numClasses, numFeatures)
  const intercepts = new Float64Array(y.numClasses).fill(-Infinity)
  const offset = present.reduce((sum, _, at) => sum + found[at * (numFeatures + 1) + numFeatures]!, 0) / present.length
  present.forEach((k, at) => {
    const base = at * (numFeatures + 1)
    weights.data.set(found.subarray(base, base + numFeatures), k * numFeatures)
    intercepts[k] = found[base + numFeatures]! - offset
  })
  return { kind: 'multinomial', numClasses: y.numClasses, weights, intercepts }
}

/** Class probabilities, `[numSamples, numClasses]`; rows sum to 1. */
export function multinomialProbabilities(model: MultinomialModel, x: Matrix): Matrix {
  const { numFeatures, data } = model.weights
  checkWidth(x, numFeatures)
  const logits = matrix(x.numSamples, model.numClasses)
  for (let i = 0; i < x.numSamples; i++) {
    for (let k = 0; k < model.numClasses; k++) {
      let sum = model.intercepts[k]!
      for (let j = 0; j < numFeatures; j++) sum += data[k * numFeatures + j]! * x.data[i * numFeatures + j]!
      logits.data[i * model.numClasses + k] = sum
    }
  }
  return softmaxRows(logits)
}

/** Loss, gradient and Hessian products; parameters are `[numClasses, numFeatures + 1]`, the intercept last. */
function multinomialProblem(
  x: Matrix,
  targets: Int32Array,
  weights: Float64Array,
  numClasses: number,
  c: number,
): Parameters<typeof minimizeNewton>[0] {
  const { numSamples, numFeatures: d, data } = x
  const stride = d + 1
  const scoresOf = (v: Float64Array): Matrix => {
    const scores = matrix(numSamples, numClasses)
    for (let i = 0; i < numSamples; i++) {
      for (let k = 0; k < numClasses; k++) {
        let sum = v[k * stride + d]!
        for (let j = 0; j < d; j++) sum += v[k * stride + j]! * data[i * d + j]!
        scores.data[i * numClasses + k] = sum
      }
    }
    return scores
  }
  /** Σ over rows of residual ⊗ (features, 1), plus the penalty's part for `v`. */
  const backwards = (residuals: Float64Array, v: Float64Array): Float64Array => {
    const result = new Float64Array(numClasses * stride)
    for (let i = 0; i < numSamples; i++) {
      for (let k = 0; k < numClasses; k++) {
        const residual = residuals[i * numClasses + k]!
        for (let j = 0; j < d; j++) result[k * stride + j]! += residual * data[i * d + j]!
        result[k * stride + d]! += residual
      }
    }
    for (let k = 0; k < numClasses; k++) for (let j = 0; j < d; j++) result[k * stride + j]! += v[k * stride + j]! / c
    return result
  }
  const value = (v: Float64Array): number => {
    const scores = scoresOf(v)
    let total = 0
    for (let i = 0; i < numSamples; i++) {
      const row = scores.data.subarray(i * numClasses, (i + 1) * numClasses)
      const top = row.reduce((most, score) => Math.max(most, score), -Infinity)
      const logSum = top + Math.log(row.reduce((sum, score) => sum + Math.exp(score - top), 0))
      total += weights[i]! * (logSum - row[targets[i]!]!)
    }
    for (let k = 0; k < numClasses; k++) for (let j = 0; j < d; j++) total += v[k * stride + j]! ** 2 / (2 * c)
    return total
  }
  return {
    value,
    at: (v) => {
      const p = softmaxRows(scoresOf(v)).data
      const residuals = p.slice()
      for (let i = 0; i < numSamples; i++) {
        residuals[i * numClasses + targets[i]!]! -= 1
        for (let k = 0; k < numClasses; k++) residuals[i * numClasses + k]! *= weights[i]!
      }
      return {
        gradient: backwards(residuals, v),
        hessianTimes: (u) => {
          const changes = scoresOf(u).data
          for (let i = 0; i < numSamples; i++) {
            const at = i * numClasses
            let mean = 0
            for (let k = 0; k < numClasses; k++) mean += p[at + k]! * changes[at + k]!
            for (let k = 0; k < numClasses; k++) changes[at + k] = weights[i]! * p[at + k]! * (changes[at + k]! - mean)
          }
          return backwards(changes, u)
        },
      }
    },
  }
}
