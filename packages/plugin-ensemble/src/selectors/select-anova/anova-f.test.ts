import { expect, test } from 'vitest'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import { labels, table } from '../../testing/conformance-data.js'
import { anovaF } from './anova-f.js'
import { fitSelectAnova } from './select-anova-model.js'

// Reference values: scikit-learn 1.9.1 f_classif, scipy 1.17.1.

test('gives F and p of scikit-learn, NaN for the constant column', () => {
  const { f, p } = anovaF(table, labels)
  expect(f[0]).toBeCloseTo(7, 12)
  expect(f[1]).toBeCloseTo(0.00946372239747634, 14)
  expect(f[2]).toBeNaN()
  expect(f[3]).toBeCloseTo(2, 12)
  expect(p[0]).toBeCloseTo(0.027, 12)
  expect(p[1]).toBeCloseTo(0.990595673186839, 12)
  expect(p[3]).toBeCloseTo(0.216, 12)
})

test('is exact under an offset of a million, where float32 sums are not', () => {
  const shifted = matrix(
    9,
    4,
    table.data.map((value) => value + 1e6),
  )
  const { f } = anovaF(shifted, labels)
  expect(f[0]).toBeCloseTo(7, 9)
  expect(f[2]).toBeNaN()
})

test('keeps the best in column order and ranks NaN last', () => {
  expect(Array.from(fitSelectAnova(table, labels, { components: 2 }).columns)).toEqual([0, 3])
  expect(Array.from(fitSelectAnova(table, labels, { components: 3 }).columns)).toEqual([0, 1, 3])
})

test('refuses more than there are columns', () => {
  expect(() => fitSelectAnova(table, labels, { components: 5 })).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_OPTION' }),
  )
})

test('refuses NaN, naming the place', () => {
  const broken = matrix(9, 4, table.data.slice())
  broken.data[6] = NaN
  expect(() => anovaF(broken, labels)).toThrow(expect.objectContaining({ code: 'ERR_NOT_FINITE' }))
  expect(() => anovaF(broken, labels)).toThrow('Feature 2 of row 1')
})
