import { matrix, row, type Matrix } from '@etsef/plugin-api/models'

export { argmaxRows, matrix, row, type Matrix } from '@etsef/plugin-api/models'

/** A matrix from arrays of equal length. */
export function fromRows(rows: readonly ArrayLike<number>[]): Matrix {
  const numFeatures = rows[0]?.length ?? 0
  const result = matrix(rows.length, numFeatures)
  rows.forEach((row, i) => result.data.set(Array.from(row), i * numFeatures))
  return result
}

/** The rows as plain arrays; for tests and small results. */
export function toRows(x: Matrix): number[][] {
  return Array.from({ length: x.numSamples }, (_, i) => Array.from(row(x, i)))
}

/** A copy with the rows and columns exchanged. */
export function transpose(x: Matrix): Matrix {
  const { numSamples, numFeatures, data } = x
  const result = matrix(numFeatures, numSamples)
  const tile = 32
  for (let i0 = 0; i0 < numSamples; i0 += tile) {
    const iEnd = Math.min(numSamples, i0 + tile)
    for (let j0 = 0; j0 < numFeatures; j0 += tile) {
      const jEnd = Math.min(numFeatures, j0 + tile)
      for (let i = i0; i < iEnd; i++) {
        for (let j = j0; j < jEnd; j++) result.data[j * numSamples + i] = data[i * numFeatures + j]!
      }
    }
  }
  return result
}

/** A copy of the given rows, in the given order. */
export function takeRows(x: Matrix, indices: ArrayLike<number>): Matrix {
  const result = matrix(indices.length, x.numFeatures)
  for (let r = 0; r < indices.length; r++) result.data.set(row(x, indices[r]!), r * x.numFeatures)
  return result
}

/** A copy of the given columns, in the given order. */
export function takeColumns(x: Matrix, indices: ArrayLike<number>): Matrix {
  const { numSamples, numFeatures, data } = x
  const width = indices.length
  const result = matrix(numSamples, width)
  for (let i = 0; i < numSamples; i++) {
    for (let j = 0; j < width; j++) result.data[i * width + j] = data[i * numFeatures + indices[j]!]!
  }
  return result
}

/** Mean of each column. */
export function columnMeans(x: Matrix): Float64Array {
  const { numSamples, numFeatures, data } = x
  const means = new Float64Array(numFeatures)
  for (let i = 0, at = 0; i < numSamples; i++) for (let j = 0; j < numFeatures; j++, at++) means[j]! += data[at]!
  for (let j = 0; j < numFeatures; j++) means[j]! /= numSamples
  // A second pass removes the rounding of the first, which matters for columns with a large offset.
  const rest = new Float64Array(numFeatures)
  for (let i = 0, at = 0; i < numSamples; i++) {
    for (let j = 0; j < numFeatures; j++, at++) rest[j]! += data[at]! - means[j]!
  }
  for (let j = 0; j < numFeatures; j++) means[j]! += rest[j]! / numSamples
  return means
}

/** Sum of squared deviations of each column from `means`, two-pass with the usual correction for a rounded mean. */
export function columnSquares(x: Matrix, means: Float64Array): Float64Array {
  const { numSamples, numFeatures, data } = x
  const squares = new Float64Array(numFeatures)
  const sums = new Float64Array(numFeatures)
  for (let i = 0, at = 0; i < numSamples; i++) {
    for (let j = 0; j < numFeatures; j++, at++) {
      const d = data[at]! - means[j]!
      squares[j]! += d * d
      sums[j]! += d
    }
  }
  for (let j = 0; j < numFeatures; j++) squares[j] = Math.max(0, squares[j]! - (sums[j]! * sums[j]!) / numSamples)
  return squares
}

/** A copy with `means` taken off each row. */
export function centre(x: Matrix, means: Float64Array): Matrix {
  const { numSamples, numFeatures, data } = x
  const result = matrix(numSamples, numFeatures)
  for (let i = 0, at = 0; i < numSamples; i++) {
    for (let j = 0; j < numFeatures; j++, at++) result.data[at] = data[at]! - means[j]!
  }
  return result
}
