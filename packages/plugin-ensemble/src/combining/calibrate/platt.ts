import { PipelineError } from '@etsef/plugin-api'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'

/** A sigmoid per class. */
export interface PlattModel {
  readonly kind: 'platt'
  /** Probability of class k against the rest is 1 / (1 + exp(slope · score + offset)). */
  readonly slopes: Float64Array
  readonly offsets: Float64Array
}

/**
 * Platt's sigmoid for each class against the rest, fitted on smoothed targets so that it never reaches 0 or 1.
 *
 * @param scores - `[numSamples, numClasses]`, of any scale; larger means more likely.
 * @throws PipelineError `ERR_TOO_FEW_ROWS` without rows.
 * @see Platt 1999; Lin, Lin and Weng 2007, A note on Platt's probabilistic outputs, appendix 3.
 */
export function fitPlatt(scores: Matrix, labels: Int32Array): PlattModel {
  if (scores.numSamples === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', { message: 'Fitting a sigmoid needs at least one row' })
  }
  const { numSamples, numFeatures: numClasses } = scores
  const slopes = new Float64Array(numClasses)
  const offsets = new Float64Array(numClasses)
  for (let k = 0; k < numClasses; k++) {
    const column = Float64Array.from({ length: numSamples }, (_, i) => scores.data[i * numClasses + k]!)
    const isClass = labels.map((label) => (label === k ? 1 : 0))
    const [slope, offset] = fitSigmoid(column, isClass)
    slopes[k] = slope
    offsets[k] = offset
  }
  return { kind: 'platt', slopes, offsets }
}

/** Sigmoids scaled to sum 1 a row; equal shares where all are 0. The predicted class may change. */
export function applyPlatt(model: PlattModel, scores: Matrix): Matrix {
  const k = model.slopes.length
  const result = matrix(scores.numSamples, k)
  for (let at = 0; at < result.data.length; at++) {
    result.data[at] = sigmoid(-(model.slopes[at % k]! * scores.data[at]! + model.offsets[at % k]!))
  }
  return scaleRows(result)
}

/** Divides each row by its sum; a row of zeros gets equal shares. */
export function scaleRows(x: Matrix): Matrix {
  const { numSamples, numFeatures: k, data } = x
  const result = matrix(numSamples, k)
  for (let i = 0; i < numSamples; i++) {
    let sum = 0
    for (let j = 0; j < k; j++) sum += data[i * k + j]!
    for (let j = 0; j < k; j++) result.data[i * k + j] = sum > 0 ? data[i * k + j]! / sum : 1 / k
  }
  return result
}

/** Least cross-entropy of `1 / (1 + exp(a s + b))` with Platt's targets, by Newton with a halving line search. */
function fitSigmoid(scores: Float64Array, isClass: Int32Array): [number, number] {
  const positive = isClass.reduce((sum, flag) => sum + flag, 0)
  const negative = isClass.length - positive
  const high = (positive + 1) / (positive + 2)
  const low = 1 / (negative + 2)
  const targets = Float64Array.from(isClass, (flag) => (flag === 1 ? high : low))
  let [a, b] = [0, Math.log((negative + 1) / (positive + 1))]
  let value = crossEntropy(scores, targets, a, b)
  for (let iteration = 0; iteration < 200; iteration++) {
    let [h11, h22, h21, g1, g2] = [1e-12, 1e-12, 0, 0, 0]
    scores.forEach((score, i) => {
      const p = sigmoid(-(a * score + b))
      const weight = p * (1 - p)
      h11 += score * score * weight
      h22 += weight
      h21 += score * weight
      g1 += score * (targets[i]! - p)
      g2 += targets[i]! - p
    })
    if (Math.abs(g1) < 1e-10 && Math.abs(g2) < 1e-10) break
    const determinant = h11 * h22 - h21 * h21
    const stepA = -(h22 * g1 - h21 * g2) / determinant
    const stepB = -(-h21 * g1 + h11 * g2) / determinant
    let length = 1
    while (length > 1e-10) {
      const next = crossEntropy(scores, targets, a + length * stepA, b + length * stepB)
      if (next < value + 1e-4 * length * (g1 * stepA + g2 * stepB) + 1e-15) {
        value = next
        break
      }
      length /= 2
    }
    if (length <= 1e-10) break
    a += length * stepA
    b += length * stepB
  }
  return [a, b]
}

function crossEntropy(scores: Float64Array, targets: Float64Array, a: number, b: number): number {
  let sum = 0
  scores.forEach((score, i) => {
    const z = a * score + b
    sum += z >= 0 ? targets[i]! * z + Math.log1p(Math.exp(-z)) : (targets[i]! - 1) * z + Math.log1p(Math.exp(z))
  })
  return sum
}

function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z))
}
