import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { accuracy, balancedAccuracy, cohenKappa, macroF1, matthewsCorrelation, weightedF1 } from './classification.js'
import { confusionMatrix, normaliseRows } from './confusion-matrix.js'
import { perClassMetrics } from './per-class.js'

const yTrue = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
const yPred = [0, 0, 1, 2, 1, 1, 0, 2, 2, 1]
const matrix = confusionMatrix({ yTrue, yPred, numClasses: 3 })

// Reference values: scikit-learn 1.9.1.
describe('the ten-row example', () => {
  test('has true classes as rows of the confusion matrix', () => {
    expect([...matrix.counts]).toEqual([2, 1, 1, 1, 2, 0, 0, 1, 2])
  })

  test.each([
    ['accuracy', accuracy(matrix), 0.6],
    ['balanced accuracy', balancedAccuracy(matrix), 0.6111111111],
    ['adjusted balanced accuracy', balancedAccuracy(matrix, { adjusted: true }), 0.4166666667],
    ['macro-F1 as the mean of F1', macroF1(matrix), 0.6031746032],
    ['weighted F1', weightedF1(matrix), 0.6],
    ['kappa', cohenKappa(matrix), 0.4029850746],
    ['linear kappa', cohenKappa(matrix, { weights: 'linear' }), 0.4318181818],
    ['quadratic kappa', cohenKappa(matrix, { weights: 'quadratic' }), 0.4615384615],
    ['MCC', matthewsCorrelation(matrix), 0.4090909091],
  ])('gives %s of scikit-learn', (_, value, expected) => {
    expect(value).toBeCloseTo(expected, 9)
  })

  test('gives sensitivity, specificity and predictive values per class', () => {
    const classes = perClassMetrics(matrix)
    expect(classes.map(({ specificity }) => specificity)).toEqual([5 / 6, 5 / 7, 6 / 7])
    expect(classes.map(({ ppv }) => ppv)).toEqual([2 / 3, 2 / 4, 2 / 3])
    expect(classes.map(({ sensitivity }) => sensitivity)).toEqual([2 / 4, 2 / 3, 2 / 3])
    expect(classes.map(({ npv }) => npv)).toEqual([5 / 7, 5 / 6, 6 / 7])
    expect(classes.map(({ support }) => support)).toEqual([4, 3, 3])
  })
})

describe('edges', () => {
  test('kappa is undefined and MCC 0 for a single class', () => {
    const single = confusionMatrix({ yTrue: [1, 1], yPred: [1, 1], numClasses: 2 })
    expect(cohenKappa(single)).toBeNull()
    expect(matthewsCorrelation(single)).toBe(0)
  })

  test('macro-F1 is over the task list: a class predicted but absent from truth counts', () => {
    const labels = { yTrue: [0, 0, 1, 1, 1, 1], yPred: [0, 0, 1, 1, 1, 2] }
    // scikit-learn 1.9.1 f1_score(labels=[0, 1, 2], average='macro')
    expect(macroF1(confusionMatrix({ ...labels, numClasses: 3 }))).toBeCloseTo((1 + 6 / 7 + 0) / 3, 12)
  })

  test('macro-F1 counts a class that never occurs as 0, and its own F1 is null', () => {
    const absent = confusionMatrix({ yTrue: [0, 1], yPred: [0, 1], numClasses: 3 })
    expect(macroF1(absent)).toBeCloseTo(2 / 3, 12)
    expect(perClassMetrics(absent)[2]).toEqual({
      support: 0,
      sensitivity: null,
      specificity: 1,
      ppv: null,
      npv: 1,
      f1: null,
    })
  })

  test('an empty partition has no accuracy', () => {
    const empty = confusionMatrix({ yTrue: [], yPred: [], numClasses: 2 })
    expect([
      accuracy(empty),
      balancedAccuracy(empty),
      macroF1(empty),
      matthewsCorrelation(empty),
      cohenKappa(empty),
    ]).toEqual(new Array(5).fill(null))
  })

  test('an abstention is an error of no class', () => {
    const withAbstention = confusionMatrix({ yTrue: [0, 0, 1, 1], yPred: [0, -1, 1, 1], numClasses: 2 })
    expect(accuracy(withAbstention)).toBe(0.75)
    expect(balancedAccuracy(withAbstention)).toBe(0.75)
    expect(macroF1(withAbstention)).toBeCloseTo((2 / 3 + 1) / 2, 12)
    // scikit-learn 1.9.1, abstention as a third label: kappa .6, MCC .67082039
    expect(cohenKappa(withAbstention)).toBeCloseTo(0.6, 12)
    expect(matthewsCorrelation(withAbstention)).toBeCloseTo(0.6708203932499369, 9)
    expect(cohenKappa(withAbstention, { weights: 'linear' })).toBeNull()
  })

  test('refuses labels outside the class list and unequal lengths', () => {
    expect(() => confusionMatrix({ yTrue: [0, 2], yPred: [0, 1], numClasses: 2 })).toThrow('yTrue[1] is 2')
    expect(() => confusionMatrix({ yTrue: [0], yPred: [0, 1], numClasses: 2 })).toThrow('1 rows')
  })
})

const labels = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
  minLength: 1,
  maxLength: 40,
})

describe('laws', () => {
  propertyTest.prop([labels])(
    'swapping truth and prediction transposes the matrix and swaps sensitivity with PPV',
    (pairs) => {
      const t = pairs.map(([a]) => a)
      const p = pairs.map(([, b]) => b)
      const direct = confusionMatrix({ yTrue: t, yPred: p, numClasses: 4 })
      const swapped = confusionMatrix({ yTrue: p, yPred: t, numClasses: 4 })
      for (let i = 0; i < 16; i++) expect(swapped.counts[(i % 4) * 4 + Math.floor(i / 4)]).toBe(direct.counts[i])
      expect(perClassMetrics(swapped).map((c) => c.ppv)).toEqual(perClassMetrics(direct).map((c) => c.sensitivity))
      expect(macroF1(swapped)).toBeCloseTo(macroF1(direct) ?? NaN, 12)
    },
  )

  propertyTest.prop([labels])('perfect predictions score 1 on the classes that occur', (pairs) => {
    const t = pairs.map(([a]) => a)
    const perfect = confusionMatrix({ yTrue: t, yPred: t, numClasses: 4 })
    expect(accuracy(perfect)).toBe(1)
    expect(balancedAccuracy(perfect)).toBe(1)
  })

  propertyTest.prop([labels])('normalised rows with samples sum to 1', (pairs) => {
    const m = confusionMatrix({ yTrue: pairs.map(([a]) => a), yPred: pairs.map(([, b]) => b), numClasses: 4 })
    const rows = normaliseRows(m)
    for (let r = 0; r < 4; r++) {
      const total = rows.slice(r * 4, r * 4 + 4).reduce((sum, value) => sum + value, 0)
      expect([0, 1]).toContain(Math.round(total * 1e12) / 1e12)
    }
  })
})
