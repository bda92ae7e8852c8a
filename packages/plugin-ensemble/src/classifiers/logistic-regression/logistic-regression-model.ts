import { checkTraining, checkWidth, type Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { dot } from '../../numeric/linear-algebra/products.js'
import { softmaxRows } from '../../numeric/statistics/softmax.js'
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
 * Multinomial logistic regression: least Σ −log p(label) + ‖weights‖² / (2 C), intercepts free.
 *
 * The weights of the classes sum to 0, as the penalty wants; with two classes that is half the penalty of the one-vector
 * form, so `C` here equals `C / 2` of scikit-learn's binary fit. From three classes on the two agree.
 *
 * @param x - Finite features, best on one scale.
 * @param y - Labels; two or more classes with rows.
 * @param options - `C`: inverse strength of the penalty, > 0, default 1; `tolerance`: on the largest gradient entry per
 * row, default 1e-10; `classWeight`: what the loss of a row of each class counts, default 1 each.
 * @throws PipelineError as `checkTraining`.
 * @see scikit-learn 1.9.1 LogisticRegression (same optimum).
 */
export function fitMultinomial(
  x: Matrix,
  y: Labels,
  options: { readonly C?: number; readonly tolerance?: number; readonly classWeight?: Float64Array } = {},
): MultinomialModel {
  const present = checkTraining(x, y)
  const { numSamples, numFeatures } = x
  const place = new Int32Array(y.numClasses).fill(-1)
  present.forEach((k, at) => (place[k] = at))
  const targets = y.labels.map((label) => place[label]!)
  const rowWeights = Float64Array.from(y.labels, (label) => options.classWeight?.[label] ?? 1)
  const contrasts = orthonormalContrasts(present.length)
  const problem = multinomialProblem(x, targets, rowWeights, contrasts, options.C ?? 1)
  const start = new Float64Array(contrasts.numSamples * (numFeatures + 1))
  const found = minimizeNewton(problem, start, (options.tolerance ?? 1e-10) * numSamples)
  const weights = matrix(y.numClasses, numFeatures)
  const intercepts = new Float64Array(y.numClasses).fill(-Infinity)
  present.forEach((k, at) => {
    intercepts[k] = 0
    for (let a = 0; a < contrasts.numSamples; a++) {
      const share = contrasts.data[a * present.length + at]!
      const base = a * (numFeatures + 1)
      for (let j = 0; j < numFeatures; j++) weights.data[k * numFeatures + j]! += share * found[base + j]!
      intercepts[k] += share * found[base + numFeatures]!
    }
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

/**
 * Rows of length 1 at right angles to each other and to (1, …, 1): `[numClasses − 1, numClasses]`.
 *
 * Scores whose classes sum to 0 are combinations of these rows. In them the loss has no direction without slope (adding one
 * vector to all classes changes no probability), and the penalty keeps its form.
 */
function orthonormalContrasts(numClasses: number): Matrix {
  const result = matrix(numClasses - 1, numClasses)
  for (let a = 0; a < numClasses - 1; a++) {
    const length = Math.sqrt((a + 1) * (a + 2))
    result.data.fill(1 / length, a * numClasses, a * numClasses + a + 1)
    result.data[a * numClasses + a + 1] = -(a + 1) / length
  }
  return result
}

/** The loss of parameters `[numContrasts, numFeatures + 1]`, the intercept last. */
function multinomialProblem(
  x: Matrix,
  targets: Int32Array,
  weights: Float64Array,
  contrasts: Matrix,
  C: number,
): Parameters<typeof minimizeNewton>[0] {
  const { numSamples, numFeatures: d, data } = x
  const { numSamples: numContrasts, numFeatures: numClasses } = contrasts
  const stride = d + 1
  const scoresOf = (v: Float64Array): Matrix => {
    const scores = matrix(numSamples, numClasses)
    for (let i = 0; i < numSamples; i++) {
      for (let a = 0; a < numContrasts; a++) {
        const along = v[a * stride + d]! + dot(v, a * stride, data, i * d, d)
        for (let k = 0; k < numClasses; k++) {
          scores.data[i * numClasses + k]! += along * contrasts.data[a * numClasses + k]!
        }
      }
    }
    return scores
  }
  /** Σ over rows of residual ⊗ (features, 1), plus the penalty's part for `v`. */
  const backwards = (residuals: Float64Array, v: Float64Array): Float64Array => {
    const result = new Float64Array(numContrasts * stride)
    const shares = new Float64Array(numSamples)
    for (let a = 0; a < numContrasts; a++) {
      const part = result.subarray(a * stride, (a + 1) * stride)
      shares.fill(0)
      for (let i = 0; i < numSamples; i++) {
        for (let k = 0; k < numClasses; k++) {
          shares[i]! += residuals[i * numClasses + k]! * contrasts.data[a * numClasses + k]!
        }
        part[d]! += shares[i]!
      }
      addRows(part, shares, x)
      for (let j = 0; j < d; j++) part[j]! += v[a * stride + j]! / C
    }
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
    for (let a = 0; a < numContrasts; a++) for (let j = 0; j < d; j++) total += v[a * stride + j]! ** 2 / (2 * C)
    return total
  }
  /** Diagonal of the Hessian where the classes have probabilities `p`. */
  const curvaturesAt = (p: Float64Array): Float64Array => {
    const result = new Float64Array(numContrasts * stride)
    for (let a = 0; a < numContrasts; a++) {
      for (let i = 0; i < numSamples; i++) {
        let [mean, square] = [0, 0]
        for (let k = 0; k < numClasses; k++) {
          const share = contrasts.data[a * numClasses + k]!
          mean += p[i * numClasses + k]! * share
          square += p[i * numClasses + k]! * share * share
        }
        const curvature = weights[i]! * Math.max(0, square - mean * mean)
        for (let j = 0; j < d; j++) result[a * stride + j]! += curvature * data[i * d + j]! * data[i * d + j]!
        result[a * stride + d]! += curvature
      }
      for (let j = 0; j < d; j++) result[a * stride + j]! += 1 / C
    }
    return result
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
        curvatures: curvaturesAt(p),
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

/** Adds `Σ shares[i] · row i` to the first entries of `sums`; four rows at a time, so that each sum is read and written less. */
function addRows(sums: Float64Array, shares: Float64Array, { numSamples, numFeatures: d, data }: Matrix): void {
  let i = 0
  for (; i + 3 < numSamples; i += 4) {
    const [s0, s1, s2, s3] = [shares[i]!, shares[i + 1]!, shares[i + 2]!, shares[i + 3]!]
    for (let j = 0, at = i * d; j < d; j++, at++) {
      sums[j]! += s0 * data[at]! + s1 * data[at + d]! + (s2 * data[at + 2 * d]! + s3 * data[at + 3 * d]!)
    }
  }
  for (; i < numSamples; i++) for (let j = 0; j < d; j++) sums[j]! += shares[i]! * data[i * d + j]!
}
