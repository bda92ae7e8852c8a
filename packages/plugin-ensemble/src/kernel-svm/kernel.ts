import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { multiplyTransposed } from '../linear-algebra/products.js'

/** Similarity of two rows. */
export type KernelName = 'linear' | 'rbf' | 'poly' | 'sigmoid'

/** A kernel with its parameters; names as in scikit-learn. */
export interface Kernel {
  readonly kernel: KernelName
  /** Scale of the inner product (poly, sigmoid) or the squared distance (rbf), > 0. */
  readonly gamma: number
  readonly degree: number
  readonly coef0: number
}

/** Kernel values of all pairs of rows, `[a.numSamples, b.numSamples]`. */
export function kernelMatrix(a: Matrix, b: Matrix, { kernel, gamma, degree, coef0 }: Kernel): Matrix {
  if (kernel === 'rbf') return rbf(a, b, gamma)
  const products = multiplyTransposed(a, b)
  if (kernel === 'linear') return products
  const map: (value: number) => number =
    kernel === 'poly' ? (value) => (gamma * value + coef0) ** degree : (value) => Math.tanh(gamma * value + coef0)
  return matrix(a.numSamples, b.numSamples, products.data.map(map))
}

/** By differences, so that equal rows give exactly 1. */
function rbf(a: Matrix, b: Matrix, gamma: number): Matrix {
  const d = a.numFeatures
  const result = matrix(a.numSamples, b.numSamples)
  for (let i = 0; i < a.numSamples; i++) {
    for (let r = 0; r < b.numSamples; r++) {
      let square = 0
      for (let j = 0; j < d; j++) {
        const difference = a.data[i * d + j]! - b.data[r * d + j]!
        square += difference * difference
      }
      result.data[i * b.numSamples + r] = Math.exp(-gamma * square)
    }
  }
  return result
}

/** scikit-learn's `gamma='scale'`: 1 / (numFeatures · variance of all values); 1 where that is undefined. */
export function scaleGamma(x: Matrix): number {
  const mean = x.data.reduce((sum, value) => sum + value, 0) / x.data.length
  const variance = x.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.data.length
  return variance > 0 ? 1 / (x.numFeatures * variance) : 1
}
