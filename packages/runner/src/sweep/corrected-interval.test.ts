import { describe, expect, test } from 'vitest'
import { correctedInterval } from './corrected-interval.js'

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
