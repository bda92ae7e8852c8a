import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { calibration } from './calibration.js'
import { argMaxRows } from './labels.js'
import { brierScore, logLoss } from './probability.js'
import {
  auroc,
  aurocPerClass,
  averagePrecision,
  averagePrecisionPerClass,
  macroAuroc,
  macroAurocOneVersusOne,
  macroAveragePrecision,
} from './ranking.js'

const table = {
  yTrue: [0, 0, 0, 0, 1, 1, 1, 2, 2, 2],
  scores: [
    0.72, 0.18, 0.1, 0.61, 0.29, 0.1, 0.28, 0.43, 0.29, 0.19, 0.28, 0.53, 0.17, 0.74, 0.09, 0.07, 0.83, 0.1, 0.52, 0.39,
    0.09, 0.08, 0.17, 0.75, 0.18, 0.19, 0.63, 0.31, 0.42, 0.27,
  ],
  numClasses: 3,
}

// Reference values: scikit-learn 1.9.1; calibration: torchmetrics 1.9.0 and by hand.
describe('scores', () => {
  test('AUROC counts ties ½', () => {
    const tied = { scores: [0.1, 0.4, 0.35, 0.8, 0.35, 0.35, 0.9], isPositive: [0, 0, 1, 1, 0, 1, 1] }
    expect(auroc(tied)).toBeCloseTo(0.75, 12)
    expect(averagePrecision(tied)).toBeCloseTo(0.8333333333, 9)
  })

  test('AUROC of a single class is undefined, not 0', () => {
    expect(auroc({ scores: [0.1, 0.4], isPositive: [1, 1] })).toBeNull()
    expect(auroc({ scores: [0.1, 0.4], isPositive: [0, 0] })).toBeNull()
    expect(averagePrecision({ scores: [0.1, 0.4], isPositive: [0, 0] })).toBeNull()
    expect(macroAuroc({ yTrue: [0, 1], scores: [0.5, 0.3, 0.2, 0.1, 0.7, 0.2], numClasses: 3 })).toBeNull()
  })

  test.each([
    ['macro one-vs-rest AUROC', macroAuroc(table), 0.880952381],
    ['macro one-vs-one AUROC', macroAurocOneVersusOne(table), 0.8842592593],
    ['macro AP', macroAveragePrecision(table), 0.85],
    ['log loss', logLoss(table), 0.7244591334287316],
    ['Brier score', brierScore(table), 0.40774],
  ])('gives %s of scikit-learn', (_, value, expected) => {
    expect(value).toBeCloseTo(expected, 9)
  })

  test('gives AUROC and AP per class', () => {
    expect(aurocPerClass(table).map((v) => v?.toFixed(10))).toEqual(['0.8333333333', '0.9047619048', '0.9047619048'])
    expect(averagePrecisionPerClass(table).map((v) => v?.toFixed(10))).toEqual([
      '0.8166666667',
      '0.8666666667',
      '0.8666666667',
    ])
  })

  test('a confident error costs 36 nats, not infinity', () => {
    expect(logLoss({ yTrue: [1], scores: [1, 0], numClasses: 2 })).toBeCloseTo(-Math.log(2 ** -52), 9)
  })

  test('refuses scores of the wrong shape or not finite', () => {
    expect(() => brierScore({ yTrue: [0], scores: [1], numClasses: 2 })).toThrow('[1, 2]')
    expect(() => brierScore({ yTrue: [0], scores: [NaN, 1], numClasses: 2 })).toThrow('not finite')
  })
})

describe('calibration', () => {
  test.each([
    [5, 0.362, 0.475, 0.3757525385],
    [10, 0.362, 0.525, 0.3792404532],
    [15, 0.362, 0.525, 0.3792954087],
  ])('with %i bins gives ECE, MCE and RMS of torchmetrics', (numBins, ece, mce, rms) => {
    const result = calibration(table, { numBins })
    expect(result?.ece).toBeCloseTo(ece, 9)
    expect(result?.mce).toBeCloseTo(mce, 9)
    expect(result?.rms).toBeCloseTo(rms, 6) // torchmetrics works in float32 here
  })

  test('puts a confidence on an edge into the bin below it: (lo, hi]', () => {
    const edges = { yTrue: [0, 0, 0], scores: [0.7, 0.3, 0, 0.6, 0.4, 0, 0.4, 0.3, 0.3], numClasses: 3 }
    const bins = calibration(edges, { numBins: 10 })?.bins ?? []
    expect(bins.map(({ low, high }) => [low, high])).toEqual([
      [0.3, 0.4],
      [0.5, 0.6],
      [0.6, 0.7],
    ])
  })

  test('equal-mass bins hold equal numbers and keep ties together', () => {
    const bins = calibration(table, { numBins: 5, binning: 'mass' })?.bins ?? []
    expect(bins.map(({ count }) => count)).toEqual([2, 2, 2, 2, 2])
    const tied = { yTrue: [0, 1, 0, 1], scores: [0.6, 0.4, 0.6, 0.4, 0.6, 0.4, 0.9, 0.1], numClasses: 2 }
    expect(calibration(tied, { numBins: 4, binning: 'mass' })?.bins.map(({ count }) => count)).toEqual([3, 1])
  })

  test('puts every edge of every number of bins into the bin it closes', () => {
    for (let numBins = 2; numBins <= 60; numBins++) {
      for (let k = Math.ceil(numBins / 2); k <= numBins; k++) {
        const p = k / numBins
        const [bin] = calibration({ yTrue: [0], scores: [p, 1 - p], numClasses: 2 }, { numBins })?.bins ?? []
        expect(bin?.high, `${k} of ${numBins}`).toBe(Math.max(p, 1 - p))
      }
    }
  })

  test('a run of equal confidences goes where its middle is', () => {
    const late = { yTrue: [0, 0, 0, 0], scores: [0.5, 0.5, 0.6, 0.4, 0.6, 0.4, 0.6, 0.4], numClasses: 2 }
    expect(calibration(late, { numBins: 2, binning: 'mass' })?.bins.map(({ count }) => count)).toEqual([1, 3])
  })

  test('is undefined without rows', () => {
    expect(calibration({ yTrue: [], scores: [], numClasses: 2 })).toBeNull()
  })
})

const binary = fc.array(fc.tuple(fc.integer({ min: -8, max: 8 }), fc.integer({ min: 0, max: 1 })), {
  minLength: 2,
  maxLength: 30,
})
const ofPairs = (pairs: readonly (readonly [number, number])[], map = (x: number) => x) =>
  auroc({ scores: pairs.map(([s]) => map(s)), isPositive: pairs.map(([, t]) => t) })

describe('laws', () => {
  propertyTest.prop([binary])('AUROC is invariant to monotone maps and complemented by negation', (pairs) => {
    const area = ofPairs(pairs)
    expect(ofPairs(pairs, (x) => Math.exp(x / 3) * 7 - 2)).toBe(area)
    if (area !== null) expect(ofPairs(pairs, (x) => -x)).toBeCloseTo(1 - area, 12)
  })

  propertyTest.prop([binary])('AUROC is the fraction of pairs in order', (pairs) => {
    const positives = pairs.filter(([, t]) => t === 1)
    const negatives = pairs.filter(([, t]) => t === 0)
    const wins = positives.flatMap(([p]) => negatives.map(([n]): number => (p > n ? 1 : p === n ? 0.5 : 0)))
    const expected = wins.length === 0 ? null : wins.reduce((a, b) => a + b, 0) / wins.length
    if (expected === null) expect(ofPairs(pairs)).toBeNull()
    else expect(ofPairs(pairs)).toBeCloseTo(expected, 12)
  })

  const probabilities = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1 })), {
    minLength: 1,
    maxLength: 40,
  })
  propertyTest.prop([
    probabilities,
    fc.integer({ min: 1, max: 20 }),
    fc.constantFrom('width' as const, 'mass' as const),
  ])('every row lands in one bin and the order of rows does not matter', (rows, numBins, binning) => {
    const input = (list: typeof rows) => ({
      yTrue: list.map(([, t]) => t),
      scores: list.flatMap(([k]) => [k / 20, 1 - k / 20]),
      numClasses: 2,
    })
    const result = calibration(input(rows), { numBins, binning })
    expect(result?.bins.reduce((sum, { count }) => sum + count, 0)).toBe(rows.length)
    expect(calibration(input([...rows].reverse()), { numBins, binning })?.ece).toBeCloseTo(result?.ece ?? NaN, 12)
    for (const { confidence, low, high } of result?.bins ?? []) {
      expect(confidence).toBeGreaterThan(low - 1e-12)
      expect(confidence).toBeLessThan(high + 1e-12)
    }
  })

  test('the lowest index wins among equal scores', () => {
    expect([...argMaxRows([0.5, 0.5, 0.1, 0.9], 2)]).toEqual([0, 1])
  })
})
