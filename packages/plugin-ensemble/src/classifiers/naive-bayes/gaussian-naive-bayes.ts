import { checkTraining, checkWidth, type Labels } from '@etsef/plugin-api/models'
import { columnMeans, columnSquares, matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { softmaxRows } from '../../numeric/statistics/softmax.js'

/** What {@link fitNaiveBayes} learns: one Gaussian per class and column, and the class shares. */
export interface NaiveBayesModel {
  readonly kind: 'naive-bayes'
  readonly numClasses: number
  /** `[numClasses, numFeatures]`. */
  readonly means: Matrix
  /** `[numClasses, numFeatures]`, smoothed, above 0. */
  readonly variances: Matrix
  /** log of the class shares in train; −infinity for a class without rows. */
  readonly logPriors: Float64Array
}

/**
 * Gaussian naive Bayes, in log space.
 *
 * @param options - `varSmoothing`: share of the largest column variance added to every variance, ≥ 0, default 1e-9;
 * `classWeight`: what a row of each class counts for the class shares, default 1 each.
 * @throws PipelineError as `checkTraining`.
 * @see scikit-learn 1.9 GaussianNB (same means, variances and log-likelihoods).
 */
export function fitNaiveBayes(
  x: Matrix,
  y: Labels,
  options: { readonly varSmoothing?: number; readonly classWeight?: Float64Array } = {},
): NaiveBayesModel {
  checkTraining(x, y)
  const { numSamples, numFeatures, data } = x
  const { numClasses, labels } = y
  const counts = new Float64Array(numClasses)
  const means = matrix(numClasses, numFeatures)
  const variances = matrix(numClasses, numFeatures)
  const centres = columnMeans(x)
  for (let i = 0, at = 0; i < numSamples; i++) {
    counts[labels[i]!]!++
    const base = labels[i]! * numFeatures
    for (let j = 0; j < numFeatures; j++, at++) means.data[base + j]! += data[at]! - centres[j]!
  }
  for (let c = 0, at = 0; c < numClasses; c++) {
    for (let j = 0; j < numFeatures; j++, at++) means.data[at] = centres[j]! + means.data[at]! / Math.max(1, counts[c]!)
  }
  for (let i = 0, at = 0; i < numSamples; i++) {
    const base = labels[i]! * numFeatures
    for (let j = 0; j < numFeatures; j++, at++) variances.data[base + j]! += (data[at]! - means.data[base + j]!) ** 2
  }
  const spread = columnSquares(x, centres).reduce((most, value) => Math.max(most, value), 0) / numSamples
  // With every column constant nothing tells the classes apart; any variance then gives the class shares.
  const smoothing = (options.varSmoothing ?? 1e-9) * spread || (spread === 0 ? 1 : Number.MIN_VALUE)
  for (let c = 0, at = 0; c < numClasses; c++) {
    for (let j = 0; j < numFeatures; j++, at++) {
      variances.data[at] = variances.data[at]! / Math.max(1, counts[c]!) + smoothing
    }
  }
  const weighted = counts.map((count, k) => count * (options.classWeight?.[k] ?? 1))
  const total = weighted.reduce((sum, value) => sum + value, 0)
  const logPriors = weighted.map((value) => Math.log(value / total))
  return { kind: 'naive-bayes', numClasses, means, variances, logPriors }
}

/** log P(class) + log p(row | class): `[numSamples, numClasses]`. */
export function naiveBayesJointLogLikelihood(model: NaiveBayesModel, x: Matrix): Matrix {
  checkWidth(x, model.means.numFeatures)
  const { numSamples, numFeatures, data } = x
  const { numClasses } = model
  const [means, variances] = [model.means.data, model.variances.data]
  const constants = jointConstants(model)
  const halves = variances.map((value) => 0.5 / value)
  const result = matrix(numSamples, numClasses)
  for (let i = 0; i < numSamples; i++) {
    for (let c = 0; c < numClasses; c++) {
      const base = c * numFeatures
      let sum = 0
      for (let j = 0; j < numFeatures; j++) {
        const d = data[i * numFeatures + j]! - means[base + j]!
        sum += d * d * halves[base + j]!
      }
      result.data[i * numClasses + c] = constants[c]! - sum
    }
  }
  return result
}

/** The part of each class's joint log-likelihood that is the same for every row. */
export function jointConstants({ logPriors, variances: { data, numFeatures } }: NaiveBayesModel): Float64Array {
  return logPriors.map((prior, c) => {
    let sum = 0
    for (let j = 0; j < numFeatures; j++) sum += Math.log(2 * Math.PI * data[c * numFeatures + j]!)
    return prior - 0.5 * sum
  })
}

/** Class probabilities, `[numSamples, numClasses]`; rows sum to 1, a class without training rows gets 0. */
export function naiveBayesProbabilities(model: NaiveBayesModel, x: Matrix): Matrix {
  return softmaxRows(naiveBayesJointLogLikelihood(model, x))
}
