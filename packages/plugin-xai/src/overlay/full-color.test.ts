import { expect, test } from 'vitest'
import { fullColor } from './full-color.js'

const hundred = Float32Array.from({ length: 200 }, (_, i) => (i < 100 ? i + 1 : -i))

test('is the largest value when no pixel may lie above', () => {
  expect(fullColor(hundred, 0)).toBe(100)
})
test('leaves out the strongest of the pixels with evidence, not of all pixels', () => {
  expect(fullColor(hundred, 1)).toBe(99)
  expect(fullColor(hundred, 50)).toBe(50)
})
test('a few cells keep their largest value: there are no outliers among them', () => {
  expect(fullColor([0.5, 0, 3, -1], 1)).toBe(3)
})
test('without evidence there is none', () => {
  expect(fullColor([-1, 0, -3], 1)).toBe(0)
})
