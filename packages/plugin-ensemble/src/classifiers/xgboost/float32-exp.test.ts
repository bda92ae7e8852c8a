import { expect, test } from 'vitest'
import { float32Exp } from './float32-exp.js'

test('is within one unit in the last place of exp', () => {
  for (let x = -100; x < 88; x += 0.0371) {
    const nearest = Math.fround(Math.exp(Math.fround(x)))
    const unit = Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(nearest)) - 23))
    expect(Math.abs(float32Exp(Math.fround(x)) - nearest)).toBeLessThanOrEqual(unit)
  }
})

test('ends at 0 and infinity', () => {
  expect(float32Exp(0)).toBe(1)
  expect(float32Exp(-200)).toBe(0)
  expect(float32Exp(-103.9)).toBe(2 ** -149)
  expect(float32Exp(200)).toBe(Infinity)
})
