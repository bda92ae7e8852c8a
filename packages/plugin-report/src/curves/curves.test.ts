import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { applyTemperature, fitTemperature } from '../calibrate/temperature.js'
import { conformalThresholds, predictionSets } from '../calibrate/conformal.js'
import { logLoss } from '../metrics/probability.js'
import { auroc } from '../metrics/ranking.js'
import { netBenefitAt, precisionAt, rankRows, rocAt } from './rank-curves.js'
import { aurc, rankConfidences, riskAt } from './risk-coverage.js'

const ones = (n: number): Int32Array => new Int32Array(n).fill(1)

// The rows of the DeLong example, by hand and by scikit-learn 1.9.1.
const isPositive = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1]
const scores = [0.1, 0.3, 0.2, 0.6, 0.4, 0.9, 0.7, 0.8, 0.35, 0.6, 0.5, 0.95]

describe('ROC and precision–recall', () => {
  test('pass through the thresholds that scikit-learn gives', () => {
    // roc_curve: fpr 0 0 0 1/6 1/2 1/2 1, tpr 0 1/6 4/6 5/6 5/6 1 1 (scikit-learn 1.9.1, drop_intermediate)
    const rates = Float64Array.from([0, 1 / 6, 1 / 2, 1])
    expect([...rocAt(rankRows({ isPositive, scores }), ones(12), rates)]).toEqual([4 / 6, 5 / 6, 1, 1])
  })

  test('precision is that of the first threshold that reaches the recall', () => {
    const recalls = Float64Array.from([1 / 6, 4 / 6, 5 / 6, 1])
    expect([...precisionAt(rankRows({ isPositive, scores }), ones(12), recalls)]).toEqual([1, 1, 5 / 6, 6 / 9])
  })

  test('are not defined for one class, and count a row as often as it was drawn', () => {
    const rates = Float64Array.from([0, 1])
    expect([...rocAt(rankRows({ isPositive: [1, 1], scores: [1, 2] }), ones(2), rates)]).toEqual([NaN, NaN])
    const twice = rocAt(rankRows({ isPositive: [0, 1, 1], scores: [0.5, 0.9, 0.1] }), [1, 3, 1], Float64Array.from([0]))
    expect(twice[0]).toBe(0.75)
  })

  propertyTest.prop([
    fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 6 })), { minLength: 2, maxLength: 30 }),
  ])('the area below the curve is the AUROC, ties half', (rows) => {
    const binary = { isPositive: rows.map(([own]) => (own ? 1 : 0)), scores: rows.map(([, score]) => score) }
    const expected = auroc(binary)
    if (expected === null) return
    // Read off at every false-positive rate that exists and just below it, the trapezoids are exact.
    const negatives = binary.isPositive.filter((own) => own === 0).length
    const steps = Array.from({ length: negatives }, (_, i) => i)
    const ranked = rankRows(binary)
    const at = (rate: number): number => rocAt(ranked, ones(rows.length), Float64Array.from([rate]))[0]!
    const area = steps.reduce(
      (sum, step) => sum + (at(step / negatives) + at((step + 1 - 1e-7) / negatives)) / 2 / negatives,
      0,
    )
    expect(area).toBeCloseTo(expected, 5)
  })
})

test('net benefit: .3958333 at .2 (treat-all .375) and .25 at .5', () => {
  const [low, half] = netBenefitAt({ isPositive, scores }, ones(12), Float64Array.from([0.2, 0.5]))
  expect(low).toBeCloseTo(0.3958333333333, 12)
  expect(half).toBeCloseTo(0.25, 12)
})

describe('risk and coverage', () => {
  const rows = { confidence: [0.9, 0.8, 0.7, 0.6], isWrong: [0, 1, 0, 1] }

  test('the risk of the surest rows, and its mean', () => {
    const risks = riskAt(rankConfidences(rows), ones(4), Float64Array.from([0.25, 0.5, 0.75, 1]))
    expect([...risks]).toEqual([0, 0.5, 1 / 3, 0.5])
    expect(aurc(rows)).toBeCloseTo((0 + 0.5 + 1 / 3 + 0.5) / 4, 12)
    expect(aurc({ confidence: [], isWrong: [] })).toBeNull()
  })

  test('rows of one confidence have no order', () => {
    const tied = { confidence: [1, 1, 1, 1], isWrong: [0, 1, 0, 1] }
    expect(aurc(tied)).toBeCloseTo(0.5, 12)
    expect(aurc({ confidence: [1, 1, 1, 1], isWrong: [1, 1, 0, 0] })).toBeCloseTo(0.5, 12)
  })
})

describe('temperature', () => {
  const logits = [2, 0, 0, 0, 3, 0, 1, 0, 2, 4, 0, 1, 0, 2, 1, 3, 1, 0]
  const probabilities = applyTemperature(logits.map(Math.exp), 3, 1)
  const rows = { yTrue: [0, 1, 0, 0, 2, 0], scores: probabilities, numClasses: 3 }

  test('.9696679763 takes the log loss from .5642349291 to .5639505411', () => {
    const temperature = fitTemperature(rows)!
    expect(temperature).toBeCloseTo(0.9696679763, 6)
    expect(logLoss(rows)).toBeCloseTo(0.5642349291, 9)
    expect(logLoss({ ...rows, scores: applyTemperature(probabilities, 3, temperature) })).toBeCloseTo(0.5639505411, 9)
    expect(fitTemperature({ yTrue: [], scores: [], numClasses: 3 })).toBeNull()
  })

  propertyTest.prop([
    fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 2 }),
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
      ),
      { minLength: 1, maxLength: 20 },
    ),
  ])('never makes the rows it was fitted on worse, and changes no predicted class', (made) => {
    const scores = applyTemperature(
      made.flatMap(([, own]) => own),
      3,
      1,
    )
    const rows = { yTrue: made.map(([label]) => label), scores, numClasses: 3 }
    const after = applyTemperature(scores, 3, fitTemperature(rows)!)
    expect(logLoss({ ...rows, scores: after })!).toBeLessThanOrEqual(logLoss(rows)! + 1e-9)
    for (let row = 0; row < made.length; row++) {
      const top = (values: Float64Array): number => Math.max(...values.subarray(3 * row, 3 * row + 3))
      expect(after[3 * row + scores.subarray(3 * row, 3 * row + 3).indexOf(top(scores))]).toBeCloseTo(top(after), 12)
    }
  })
})

describe('prediction sets', () => {
  test('scores .05 … .9 of ten patients at a tenth: the largest, level ⌈11 · .9⌉ / 10', () => {
    const missing = [0.05, 0.1, 0.12, 0.2, 0.22, 0.3, 0.33, 0.4, 0.55, 0.9]
    const rows = {
      yTrue: missing.map(() => 0),
      scores: missing.flatMap((score) => [1 - score, score]),
      numClasses: 2,
      groups: missing.map((_, row) => String(row)),
    }
    const [own, other] = conformalThresholds(rows, { alpha: 0.1, within: 'marginal' })
    expect([own, other]).toEqual([expect.closeTo(0.9, 12), expect.closeTo(0.9, 12)])
    // Nine patients are too few to promise nine in ten: every class is in every set.
    expect(
      conformalThresholds(
        { ...rows, groups: rows.groups.map((group) => (group === '9' ? '8' : group)) },
        { alpha: 0.05, within: 'marginal' },
      )[0],
    ).toBe(Infinity)
    expect([...conformalThresholds(rows, { alpha: 0.1, within: 'class' })][1]).toBe(Infinity)
    expect([...predictionSets([0.5, 0.5, 0.95, 0.05], Float64Array.from([0.5, 0.4]))]).toEqual([1, 0, 1, 0])
  })

  test('a patient with many images weighs as much as one with one', () => {
    const many = Array.from({ length: 50 }, () => 0.99)
    const few = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.91]
    const missing = [...few, ...many]
    const rows = {
      yTrue: missing.map(() => 0),
      scores: missing.flatMap((score) => [1 - score, score]),
      numClasses: 2,
      groups: missing.map((_, row) => (row < few.length ? String(row) : 'many')),
    }
    expect(conformalThresholds(rows, { alpha: 0.3, within: 'marginal' })[0]).toBeCloseTo(0.9, 12)
  })
})
