import { createRng } from '@etsef/plugin-api'
import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { clusterResamples, percentileInterval } from './bootstrap.js'
import { quantile } from './quantile.js'
import { clopperPearsonInterval, resolution, wilsonInterval } from './wilson.js'

// Reference values: statsmodels 0.15 proportion_confint.
describe('proportions', () => {
  test('Wilson 95 % of 45/50 and 50/50', () => {
    const wilson = wilsonInterval({ successes: 45, trials: 50 })
    expect(wilson?.low).toBeCloseTo(0.7863976857, 9)
    expect(wilson?.high).toBeCloseTo(0.9565242351, 9)
    const full = wilsonInterval({ successes: 50, trials: 50 })
    expect(full?.low).toBeCloseTo(0.9286524009, 9)
    expect(full?.high).toBe(1)
  })

  test('Clopper–Pearson 95 % of 45/50', () => {
    const exact = clopperPearsonInterval({ successes: 45, trials: 50 })
    expect(exact?.low).toBeCloseTo(0.7818646336, 9)
    expect(exact?.high).toBeCloseTo(0.9667249064, 9)
  })

  test('no trials, no interval', () => {
    expect(wilsonInterval({ successes: 0, trials: 0 })).toBeNull()
    expect(clopperPearsonInterval({ successes: 0, trials: 0 })).toBeNull()
  })

  test.each([
    [50, 8.5],
    [100, 6],
    [200, 4.2],
    [400, 3],
    [800, 2.1],
  ])('%i rows at 90 %% resolve ±%f points', (n, points) => {
    expect(resolution(n) * 100).toBeCloseTo(points, 0)
  })
})

describe('bootstrap', () => {
  const correct = [1, 1, 0, 1, 1, 0, 1, 1, 1, 0]
  const meanOf = (rows: Int32Array) => rows.reduce((sum, row) => sum + correct[row]!, 0) / rows.length

  test('over given resample indices is arithmetic', () => {
    // Five resamples of accuracy .7, .8, .4, 1, .4; numpy 2.4.6 percentiles 2.5 and 97.5 (type 7)
    const right = [0, 1, 3, 4, 6, 7, 8]
    const wrong = [2, 5, 9]
    const withRight = (k: number) => Int32Array.from({ length: 10 }, (_, i) => (i < k ? right[i % 7]! : wrong[i % 3]!))
    const interval = percentileInterval([7, 8, 4, 10, 4].map(withRight), meanOf)
    expect(interval?.low).toBeCloseTo(0.4, 12)
    expect(interval?.high).toBeCloseTo(0.98, 12)
  })

  test('draws whole patients', () => {
    const groups = ['a', 'a', 'b', 'b', 'b', 'c']
    for (const rows of clusterResamples({ groups, resamples: 50, rng: createRng(3) })) {
      const count = (row: number) => rows.filter((r) => r === row).length
      expect(count(0)).toBe(count(1))
      expect(new Set([count(2), count(3), count(4)]).size).toBe(1)
      expect(count(0) + count(2) + count(5)).toBe(3)
    }
  })

  test('is the row bootstrap when each row is its own group, and repeats with its seed', () => {
    const draw = (groups: readonly (string | number)[], seed: number) =>
      clusterResamples({ groups, resamples: 20, rng: createRng(seed) })
    expect(draw(['p', 'q', 'r'], 7)).toEqual(draw([0, 1, 2], 7))
    expect(draw(['p', 'q', 'r'], 7)).not.toEqual(draw(['p', 'q', 'r'], 8))
  })

  test('leaves out and counts resamples on which the statistic is undefined', () => {
    const resamples = [Int32Array.of(0), Int32Array.of(1), Int32Array.of(2)]
    expect(percentileInterval(resamples, ([row]) => (row === 1 ? null : row!))).toMatchObject({
      usedResamples: 2,
      low: expect.closeTo(0.05, 12),
    })
    expect(percentileInterval(resamples, () => null)).toBeNull()
  })

  test('clustered intervals are wider than row intervals when images of a patient agree', () => {
    const groups = Array.from({ length: 200 }, (_, i) => Math.floor(i / 10))
    const right = groups.map((g) => (g % 5 === 0 ? 0 : 1))
    const width = (by: readonly number[]) => {
      const interval = percentileInterval(
        clusterResamples({ groups: by, resamples: 500, rng: createRng(1) }),
        (rows) => rows.reduce((sum, row) => sum + right[row]!, 0) / rows.length,
      )
      return interval!.high - interval!.low
    }
    expect(width(groups) / width(groups.map((_, i) => i))).toBeGreaterThan(2.5)
  })

  test('covers the truth about 95 times in 100 (Bernoulli .8, n = 100)', () => {
    const rng = createRng('coverage')
    let covered = 0
    for (let repeat = 0; repeat < 400; repeat++) {
      const hits = Array.from({ length: 100 }, () => (rng.next() < 0.8 ? 1 : 0))
      const resamples = clusterResamples({ groups: hits.map((_, i) => i), resamples: 200, rng })
      const interval = percentileInterval(
        resamples,
        (rows) => rows.reduce((sum, row) => sum + hits[row]!, 0) / rows.length,
      )
      if (interval!.low <= 0.8 && interval!.high >= 0.8) covered++
    }
    expect(covered / 400).toBeGreaterThan(0.91)
    expect(covered / 400).toBeLessThan(0.98)
  })
})

describe('quantile', () => {
  test('interpolates as numpy', () => {
    expect(quantile([0.7, 0.8, 0.4, 1, 0.4], 0.025)).toBeCloseTo(0.4, 12)
    expect(quantile([3, 1, 2, 4], 0.4)).toBeCloseTo(2.2, 12)
    expect(() => quantile([], 0.5)).toThrow('at least one')
  })

  propertyTest.prop([fc.array(fc.integer(), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true })])(
    'lies between extremes',
    (values, p) => {
      expect(quantile(values, p)).toBeGreaterThanOrEqual(Math.min(...values))
      expect(quantile(values, p)).toBeLessThanOrEqual(Math.max(...values))
    },
  )
})
