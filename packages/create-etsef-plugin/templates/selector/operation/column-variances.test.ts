import { expect, test } from 'vitest'
import { columnVariances } from './column-variances.js'
import { largest } from './largest.js'

test('variances by hand: of 1, 2, 3 and of 5, 5, 5', () => {
  expect(columnVariances(Float32Array.of(1, 5, 2, 5, 3, 5), 2)).toEqual([2 / 3, 0])
})

test('keeps the largest in column order, of equal ones the first', () => {
  expect(largest([1, 3, 3, 2], 2)).toEqual([1, 2])
  expect(largest([5, 5, 5], 1)).toEqual([0])
})
