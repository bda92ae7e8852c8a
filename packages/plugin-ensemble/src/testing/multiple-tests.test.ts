import { expect, test } from 'vitest'
import { binomialCdf, holmAdjusted } from './multiple-tests.js'

// scipy 1.17.1, binom.cdf
test('binomialCdf', () => {
  expect(binomialCdf(17, 20, 0.95)).toBeCloseTo(0.07548367, 8)
  expect(binomialCdf(180, 200, 0.95)).toBeCloseTo(0.0026645795, 9)
})
// By hand: 4 · 0.005, 3 · 0.01, 2 · 0.03, and never less than the one before.
test('holmAdjusted', () => {
  const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005])
  ;[0.03, 0.06, 0.06, 0.02].forEach((p, i) => expect(adjusted[i]).toBeCloseTo(p, 12))
})
