import { expect, test } from 'vitest'
import { correctedPairedTest, holm } from './paired-tests.js'

test('the p value is that of t with the corrected variance', () => {
  // scipy 1.17.1: 2 * stats.t.sf(|mean / sqrt((1/5 + 20/80) * var)|, 4)
  const found = correctedPairedTest({ differences: [-0.1, -0.05, -0.1, 0.02, -0.03], numTrain: 80, numTest: 20 })
  expect(found?.t).toBeCloseTo(-1.529081116822934, 12)
  expect(found?.p).toBeCloseTo(0.20097650746732207, 10)
})

test('equal differences are not tested', () => {
  expect(correctedPairedTest({ differences: [0.1, 0.3 - 0.2, 0.1], numTrain: 80, numTest: 20 })).toBeUndefined()
  expect(correctedPairedTest({ differences: [0.1], numTrain: 80, numTest: 20 })).toBeUndefined()
})

test('Holm adjusts as statsmodels does', () => {
  // statsmodels 0.15.0: multipletests([.01, .04, .03, .005, .5], method='holm')
  const adjusted = holm([0.01, 0.04, 0.03, 0.005, 0.5])
  ;[0.04, 0.09, 0.09, 0.025, 0.5].forEach((expected, i) => {
    expect(adjusted[i]).toBeCloseTo(expected, 12)
  })
  expect(holm([])).toEqual([])
})
