import { matrix, row, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { dot } from '../../numeric/linear-algebra/products.js'
import { openGaussian } from './gaussian.js'

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

/** Writes the kernel values of a row with every row of a table. */
export type KernelValues = (row: Float64Array, out: Float64Array) => void

/** Kernel values of all pairs of rows, `[a.numSamples, b.numSamples]`. */
export function kernelMatrix(a: Matrix, b: Matrix, kernel: Kernel): Matrix {
  const result = matrix(a.numSamples, b.numSamples)
  const values = openKernel(b, kernel)
  for (let i = 0; i < a.numSamples; i++) values(row(a, i), row(result, i))
  return result
}

/** The kernel values of a table; a pair of rows has the same bits in every table. */
export function openKernel(table: Matrix, { kernel, gamma, degree, coef0 }: Kernel): KernelValues {
  if (kernel === 'rbf') return openGaussian(table, gamma)
  const { numSamples: n, numFeatures: d, data } = table
  const map = {
    linear: (value: number) => value,
    poly: (value: number) => (gamma * value + coef0) ** degree,
    sigmoid: (value: number) => Math.tanh(gamma * value + coef0),
  }[kernel]
  return (row, out) => {
    for (let i = 0; i < n; i++) out[i] = map(dot(row, 0, data, i * d, d))
  }
}

/** scikit-learn's `gamma='scale'`: 1 / (numFeatures · variance of all values); 1 where that is undefined. */
export function scaleGamma(x: Matrix): number {
  const mean = x.data.reduce((sum, value) => sum + value, 0) / x.data.length
  const variance = x.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.data.length
  return variance > 0 ? 1 / (x.numFeatures * variance) : 1
}
