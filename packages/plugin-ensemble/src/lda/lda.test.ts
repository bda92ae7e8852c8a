import { expectArrayClose } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { fitMultinomial, multinomialProbabilities } from '../combination/logistic-regression.js'
import { argmaxRows, takeRows } from '../linear-algebra/matrix.js'
import { applyStandardize, fitStandardize } from '../standardize/standardize.js'
import { blobs, labels } from '../testing/conformance-data.js'
import { parityFixture } from '../testing/parity-fixture.js'
import { applyLda, fitLda, ldaProbabilities } from './lda.js'

describe.each(['wine', 'breast-cancer'] as const)('%s, against scikit-learn 1.9.1', (name) => {
  const { x, y, testX, predicted, numbers } = parityFixture(name)
  const scaler = fitStandardize(x)
  const [scaled, testScaled] = [applyStandardize(scaler, x), applyStandardize(scaler, testX)]

  test('LDA gives the same classes and probabilities', () => {
    const p = ldaProbabilities(fitLda(scaled, y), testScaled)
    expect(argmaxRows(p)).toEqual(predicted['ldaScaled'])
    const peer = numbers['ldaProbabilities'] as number[]
    expectArrayClose(p.data.slice(0, peer.length), peer, { atol: 1e-9, rtol: 0 })
  })

  test('logistic regression gives the same classes and probabilities', () => {
    // scikit-learn's binary penalty is on one vector, ours on the two that mirror each other: c is half its C.
    const p = multinomialProbabilities(fitMultinomial(scaled, y, { c: y.numClasses === 2 ? 0.5 : 1 }), testScaled)
    expect(argmaxRows(p)).toEqual(predicted['logisticScaled'])
    const peer = numbers['logisticProbabilities'] as number[]
    expectArrayClose(p.data.slice(0, peer.length), peer, { atol: 1e-6, rtol: 0 })
  })
})

test('directions are at most one fewer than classes, with unit variance within classes', () => {
  const model = fitLda(blobs, labels)
  expect(model.directions.numSamples).toBe(2)
  const scores = applyLda(model, blobs)
  for (let j = 0; j < 2; j++) {
    let sum = 0
    for (let i = 0; i < 9; i++) sum += (scores.data[2 * i + j]! - model.centres.data[2 * Math.floor(i / 3) + j]!) ** 2
    expect(sum / 9).toBeCloseTo(1, 10)
  }
})

test('shrinkage 1 measures plain distances to the class means', () => {
  const p = ldaProbabilities(fitLda(blobs, labels, { shrinkage: 1 }), blobs)
  expect(argmaxRows(p)).toEqual(labels.labels)
})

test('works with more columns than rows', () => {
  const { x, y } = parityFixture('digits')
  const few = Int32Array.from({ length: 30 }, (_, i) => i)
  const p = ldaProbabilities(fitLda(takeRows(x, few), { ...y, labels: y.labels.slice(0, 30) }, { shrinkage: 0.1 }), x)
  expect(p.data.every((value) => value >= 0 && value <= 1)).toBe(true)
})
