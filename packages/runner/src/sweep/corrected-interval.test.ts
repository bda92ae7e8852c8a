import { describe, expect, test } from 'vitest'
import { correctedInterval, studentQuantile } from './corrected-interval.js'

describe('studentQuantile', () => {
  // scipy.stats.t.ppf of SciPy 1.17.1
  test.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.975, 9, 2.262157162798205],
    [0.95, 4, 2.1318467863266495],
    [0.995, 30, 2.7499956535672254],
  ])('p = %d, %d degrees of freedom', (p, degrees, expected) => {
    expect(studentQuantile(p, degrees)).toBeCloseTo(expected, 9)
  })
})

describe('correctedInterval', () => {
  test('is wider than that of independent samples by √(1 + n · numTest / numTrain)', () => {
    const values = [0.8, 0.9, 0.85, 0.95]
    const { mean, sd, low, high } = correctedInterval({ values, numTrain: 80, numTest: 20 })
    expect(mean).toBeCloseTo(0.875, 12)
    expect(sd).toBeCloseTo(Math.sqrt(0.0125 / 3), 12)
    const naive = (3.1824463052837078 * sd) / 2
    expect(high - mean).toBeCloseTo(naive * Math.sqrt(1 + (4 * 20) / 80), 9)
    expect(mean - low).toBeCloseTo(high - mean, 12)
  })

  test('one value has no interval', () => {
    expect(() => correctedInterval({ values: [1], numTrain: 8, numTest: 2 })).toThrow(/at least 2 splits, got 1/)
  })
})
