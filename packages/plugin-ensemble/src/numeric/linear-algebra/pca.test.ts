import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { matrix, takeColumns } from './matrix.js'
import { multiplyTransposed } from './products.js'
import { table } from '../../testing/conformance-data.js'
import { applyPca, fitPca, invertPca } from './pca.js'

// Reference values: scikit-learn 1.9.1 PCA.

test('gives variances and ratios of scikit-learn', () => {
  const { variances, ratios } = fitPca(takeColumns(table, [0, 1, 3]), { components: 2 })
  expect(variances[0]).toBeCloseTo(81.974942437841, 10)
  expect(variances[1]).toBeCloseTo(5.063867708213, 10)
  expect(ratios[0]).toBeCloseTo(0.939241861159, 11)
  expect(ratios[1]).toBeCloseTo(0.05802012651, 11)
})

test('gives the loading largest in size a positive sign', () => {
  const { components } = fitPca(table, { components: 3 })
  for (let r = 0; r < 3; r++) {
    const v = Array.from(components.data.subarray(r * 4, r * 4 + 4))
    expect(Math.max(...v)).toBe(Math.max(...v.map(Math.abs)))
  }
})

test('finds the same variances whether rows or columns are fewer', () => {
  const rng = createRng(3)
  const wide = matrix(
    6,
    10,
    Float64Array.from({ length: 60 }, () => rng.normal()),
  )
  const model = fitPca(wide, { components: 10 })
  expect(model.variances).toHaveLength(6)
  expect(model.variances[5]).toBeCloseTo(0, 12)
  const overlaps = multiplyTransposed(model.components, model.components)
  for (let i = 0; i < 36; i++) expect(overlaps.data[i]).toBeCloseTo(i % 7 === 0 ? 1 : 0, 12)
  const rebuilt = invertPca(model, applyPca(model, wide))
  rebuilt.data.forEach((value, i) => expect(value).toBeCloseTo(wide.data[i]!, 12))
})

test('whitens to unit variance', () => {
  const model = fitPca(table, { components: 2, whiten: true })
  const scores = applyPca(model, table)
  const covariance = multiplyTransposed(
    matrix(
      1,
      9,
      Float64Array.from({ length: 9 }, (_, i) => scores.data[2 * i]!),
    ),
    matrix(
      1,
      9,
      Float64Array.from({ length: 9 }, (_, i) => scores.data[2 * i]!),
    ),
  )
  expect(covariance.data[0]! / 8).toBeCloseTo(1, 12)
})
