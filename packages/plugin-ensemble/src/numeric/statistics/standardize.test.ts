import { expect, test } from 'vitest'
import { matrix } from '../linear-algebra/matrix.js'
import { table } from '../../testing/conformance-data.js'
import { applyStandardize, fitStandardize } from './standardize.js'

// Reference values: scikit-learn 1.9.1 StandardScaler.

test('learns means and population deviations, scale 1 for a constant column', () => {
  const { means, scales } = fitStandardize(table)
  expect(means[1]).toBeCloseTo(61 / 3, 12)
  expect(means[3]).toBeCloseTo(5 / 9, 14)
  expect(scales[0]).toBeCloseTo(2.5819888975, 10)
  expect(scales[1]).toBeCloseTo(8.4063468086, 10)
  expect(scales[2]).toBe(1)
  expect(scales[3]).toBeCloseTo(0.496903995, 10)
})

test('turns training rows into mean 0 and variance 1, a constant column into 0', () => {
  const scaled = applyStandardize(fitStandardize(table), table)
  for (const [j, variance] of [1, 1, 0, 1].entries()) {
    let [sum, square] = [0, 0]
    for (let i = 0; i < 9; i++) {
      sum += scaled.data[i * 4 + j]!
      square += scaled.data[i * 4 + j]! ** 2
    }
    expect(sum).toBeCloseTo(0, 12)
    expect(square / 9).toBeCloseTo(variance, 12)
  }
})

test('treats a constant of any size as constant', () => {
  const { scales } = fitStandardize(matrix(3, 1, [0.1 + 1e6, 0.1 + 1e6, 0.1 + 1e6]))
  expect(scales[0]).toBe(1)
})

test('refuses rows of another width', () => {
  const model = fitStandardize(table)
  expect(() => applyStandardize(model, matrix(1, 3))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }))
})
