import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { fromRows, matrix, type Matrix } from './matrix.js'
import { gram, multiply, multiplyTransposed } from './products.js'
import { symmetricEigen } from './symmetric-eigen.js'

function randomGram(d: number, n: number, scale: (column: number) => number = () => 1): Matrix {
  const rng = createRng('eigen', d, n)
  const x = matrix(n, d)
  for (let i = 0; i < n * d; i++) x.data[i] = rng.normal() * scale(i % d)
  return gram(x)
}

function worstResidual(a: Matrix, count: number): number {
  const { values, vectors } = symmetricEigen(a, count)
  const image = multiply(vectors, a)
  let worst = 0
  for (let r = 0; r < count; r++) {
    for (let j = 0; j < a.numFeatures; j++) {
      const at = r * a.numFeatures + j
      worst = Math.max(worst, Math.abs(image.data[at]! - values[r]! * vectors.data[at]!))
    }
  }
  const overlaps = multiplyTransposed(vectors, vectors)
  for (let r = 0; r < count; r++) overlaps.data[r * count + r]! -= 1
  return Math.max(worst / values[0]!, ...overlaps.data.map(Math.abs))
}

test('finds the pairs of a 2 × 2 matrix', () => {
  const { values, vectors } = symmetricEigen(
    fromRows([
      [2, 1],
      [1, 2],
    ]),
  )
  expect(values[0]).toBeCloseTo(3, 14)
  expect(values[1]).toBeCloseTo(1, 14)
  expect(Math.abs(vectors.data[0]!)).toBeCloseTo(Math.SQRT1_2, 14)
})

test.each([
  [5, 20, 5],
  [33, 100, 33],
  [120, 300, 20],
  [90, 30, 25],
  [131, 400, 40],
  [150, 200, 150],
])('A v = λ v and orthonormal vectors: d %i, n %i, %i pairs', (d, n, count) => {
  expect(worstResidual(randomGram(d, n), count)).toBeLessThan(1e-12)
})

test('stays orthogonal when eigenvalues are equal', () => {
  const identity = matrix(60, 60)
  for (let i = 0; i < 60; i++) identity.data[i * 61] = i < 40 ? 2 : 1
  expect(worstResidual(identity, 15)).toBeLessThan(1e-12)
})

test('stays accurate over a wide spectrum', () => {
  expect(
    worstResidual(
      randomGram(100, 400, (j) => 10 ** (-j / 20)),
      30,
    ),
  ).toBeLessThan(1e-12)
})

test('handles one feature and a zero matrix', () => {
  expect(Array.from(symmetricEigen(fromRows([[4]])).values)).toEqual([4])
  expect(Array.from(symmetricEigen(matrix(3, 3)).values)).toEqual([0, 0, 0])
})
