import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { auroc } from '../metrics/ranking.js'
import { benjaminiHochberg, holm } from './adjust.js'
import { cochranQ } from './cochran-q.js'
import { aurocInterval, deLong } from './delong.js'
import { discordance, mcnemar } from './mcnemar.js'
import { nadeauBengio } from './nadeau-bengio.js'
import { wilcoxonSignedRank } from './wilcoxon.js'

describe('McNemar', () => {
  // statsmodels 0.15 mcnemar; mid-p by hand
  test('gives exact, mid-p and both chi-squared p values of b = 12, c = 5', () => {
    const result = mcnemar({ onlyFirst: 12, onlySecond: 5 })
    expect(result.exactP).toBeCloseTo(0.143463134765625, 12)
    expect(result.midP).toBeCloseTo(0.09625244140625, 12)
    expect(result.chiSquaredCorrected).toBeCloseTo(2.1176470588, 9)
    expect(result.chiSquaredCorrectedP).toBeCloseTo(0.1456100954, 9)
    expect(result.chiSquared).toBeCloseTo(2.8823529412, 9)
    expect(result.chiSquaredP).toBeCloseTo(0.0895550744, 9)
  })

  test('is 1 without discordant rows', () => {
    expect(mcnemar({ onlyFirst: 0, onlySecond: 0 })).toMatchObject({ exactP: 1, midP: 1, chiSquared: null })
  })

  test.each([
    [6, 0],
    [10, 1],
    [20, 5],
    [40, 13],
  ])('of %i discordant rows at most %i losses are significant', (n, losses) => {
    expect(mcnemar({ onlyFirst: n - losses, onlySecond: losses }).exactP).toBeLessThan(0.05)
    expect(mcnemar({ onlyFirst: n - losses - 1, onlySecond: losses + 1 }).exactP).toBeGreaterThan(0.05)
  })

  propertyTest.prop([fc.nat(60), fc.nat(60)])('is symmetric, and mid-p never exceeds exact p', (b, c) => {
    const { exactP, midP } = mcnemar({ onlyFirst: b, onlySecond: c })
    expect(mcnemar({ onlyFirst: c, onlySecond: b }).exactP).toBe(exactP)
    expect(midP).toBeLessThanOrEqual(exactP + 1e-12)
    expect(exactP).toBeLessThanOrEqual(1)
  })

  test('counts rows on which only one is right', () => {
    expect(discordance({ yTrue: [0, 1, 1, 0], first: [0, 1, 0, 1], second: [0, 0, 1, 2] })).toEqual({
      onlyFirst: 1,
      onlySecond: 1,
    })
    expect(() => discordance({ yTrue: [0], first: [0], second: [] })).toThrow('lengths differ')
    expect(() => mcnemar({ onlyFirst: 1.5, onlySecond: 0 })).toThrow('whole numbers')
  })
})

describe('several classifiers', () => {
  test("Cochran's Q of eight rows", () => {
    // statsmodels 0.15 cochrans_q
    const rows = [1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 0]
    const { statistic, p } = cochranQ(rows, 3)
    expect(statistic).toBeCloseTo(4.5714285714, 9)
    expect(p).toBeCloseTo(Math.exp(-statistic / 2), 12) // = 0.10170139230 of statsmodels, closed form for 2 degrees of freedom
    expect(cochranQ([1, 1, 0, 0], 2)).toEqual({ statistic: 0, p: 1 })
    expect(() => cochranQ([1, 1, 0], 2)).toThrow(RangeError)
  })

  test('Holm and Benjamini–Hochberg of four p values', () => {
    // statsmodels 0.15 multipletests
    const p = [0.01, 0.04, 0.03, 0.005]
    expect(holm(p).map((v) => Math.round(v * 1e9) / 1e9)).toEqual([0.03, 0.06, 0.06, 0.02])
    expect(benjaminiHochberg(p).map((v) => Math.round(v * 1e9) / 1e9)).toEqual([0.02, 0.04, 0.04, 0.02])
    expect(holm([])).toEqual([])
  })

  propertyTest.prop([fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 })])(
    'raw <= BH <= Holm <= 1',
    (p) => {
      const bh = benjaminiHochberg(p)
      holm(p).forEach((h, i) => {
        expect(h).toBeGreaterThanOrEqual(bh[i]! - 1e-12)
        expect(bh[i]).toBeGreaterThanOrEqual(p[i]! - 1e-12)
        expect(h).toBeLessThanOrEqual(1)
      })
    },
  )
})

describe('DeLong', () => {
  const isPositive = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1].map((_, i) => Number('000001111101'[i]))
  const first = [0.1, 0.3, 0.2, 0.6, 0.4, 0.9, 0.7, 0.8, 0.35, 0.6, 0.5, 0.95]
  const second = [0.2, 0.1, 0.5, 0.7, 0.3, 0.6, 0.8, 0.4, 0.3, 0.65, 0.6, 0.9]

  // pROC-equivalent reference values (worked by hand with numpy 2.4.6)
  test('gives areas, variances, covariance, z and p', () => {
    const result = deLong({ isPositive, first, second })!
    expect(result.first).toBeCloseTo(0.9027777778, 9)
    expect(result.second).toBeCloseTo(0.75, 9)
    expect(result.varianceFirst).toBeCloseTo(0.0087191358, 9)
    expect(result.varianceSecond).toBeCloseTo(0.0222222222, 9)
    expect(result.covariance).toBeCloseTo(0.0087962963, 9)
    expect(result.z).toBeCloseTo(1.3223293513, 8)
    expect(result.p).toBeCloseTo(0.1860585031, 8)
  })

  test('keeps the logit interval inside (0, 1)', () => {
    const { interval } = aurocInterval({ isPositive, scores: first })!
    expect(interval?.low).toBeCloseTo(0.5357692, 6)
    expect(interval?.high).toBeCloseTo(0.9867919, 6)
  })

  test('says "not estimable" for a perfect area and for equal scores', () => {
    expect(aurocInterval({ isPositive: [0, 0, 1, 1], scores: [1, 2, 3, 4] })).toMatchObject({ area: 1, interval: null })
    expect(deLong({ isPositive, first, second: first })).toMatchObject({ z: null, p: null })
    expect(deLong({ isPositive: [0, 1], first: [0, 1], second: [0, 1] })).toBeNull()
  })

  propertyTest.prop([fc.array(fc.tuple(fc.nat(5), fc.nat(1)), { minLength: 6, maxLength: 25 })])(
    'has the area of the rank formula',
    (rows) => {
      const input = { isPositive: rows.map(([, t]) => t), scores: rows.map(([s]) => s) }
      const result = aurocInterval(input)
      if (result !== null) expect(result.area).toBeCloseTo(auroc(input) ?? NaN, 12)
    },
  )
})

describe('over folds', () => {
  test('Nadeau–Bengio corrects the t statistic of overlapping training sets', () => {
    const result = nadeauBengio({ differences: [0.02, 0.01, 0.03, 0.02, 0], numTrain: 80, numTest: 20 })
    expect(result.t).toBeCloseTo(2.0919054415, 9)
    expect(result.p).toBeCloseTo(0.1046052292, 9)
    expect(result.naiveT).toBeCloseTo(3.1378581622, 9)
    expect(nadeauBengio({ differences: [0.5, 0.5], numTrain: 1, numTest: 1 })).toMatchObject({ t: null, p: null })
    expect(() => nadeauBengio({ differences: [1], numTrain: 1, numTest: 1 })).toThrow('at least 2')
  })

  test('Wilcoxon signed rank of scipy, with and without ties', () => {
    // scipy 1.17.1
    expect(wilcoxonSignedRank([0.91, 0.88, 0.93, 0.9, 0.87, 0.95], [0.89, 0.85, 0.9, 0.91, 0.83, 0.9])).toEqual({
      w: 1,
      p: 0.0625,
      numUsed: 6,
    })
    expect(wilcoxonSignedRank([1, 2, 2, 3, -2, 4, 5, -1], [0, 0, 0, 0, 0, 0, 0, 0])).toMatchObject({
      w: 5.5,
      p: 0.1015625,
    })
    expect(wilcoxonSignedRank([1, 2], [1, 2])).toEqual({ w: 0, p: 1, numUsed: 0 })
  })

  test('the normal branch agrees with the exact one near its border', () => {
    const wave = (n: number) => Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) + 0.25)
    const zeros = new Array<number>(51).fill(0)
    const exact = wilcoxonSignedRank(wave(50), zeros.slice(1))
    const normal = wilcoxonSignedRank(wave(51), zeros)
    expect(Math.abs(exact.p - normal.p)).toBeLessThan(0.05)
  })
})
