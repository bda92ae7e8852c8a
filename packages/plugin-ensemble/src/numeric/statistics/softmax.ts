import { matrix, type Matrix } from '../linear-algebra/matrix.js'

/** exp of each row, scaled to sum 1; −infinity gives 0. */
export function softmaxRows(logits: Matrix): Matrix {
  const { numSamples, numFeatures, data } = logits
  const result = matrix(numSamples, numFeatures)
  for (let i = 0; i < numSamples; i++) {
    const at = i * numFeatures
    let top = -Infinity
    for (let j = 0; j < numFeatures; j++) top = Math.max(top, data[at + j]!)
    let sum = 0
    for (let j = 0; j < numFeatures; j++) {
      const value = Math.exp(data[at + j]! - top)
      result.data[at + j] = value
      sum += value
    }
    for (let j = 0; j < numFeatures; j++) result.data[at + j]! /= sum
  }
  return result
}
