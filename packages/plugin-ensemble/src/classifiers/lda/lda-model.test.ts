import { expectArrayClose } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { fitMultinomial, multinomialProbabilities } from '../logistic-regression/logistic-regression-model.js'
import { argmaxRows, fromRows, matrix, takeRows, toRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { applyStandardize, fitStandardize } from '../../numeric/statistics/standardize.js'
import { blobs, labels } from '../../testing/conformance-data.js'
import { parityFixture } from '../../testing/parity-fixture.js'
import { applyLda, fitLda, ldaProbabilities } from './lda-model.js'

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
    const p = multinomialProbabilities(fitMultinomial(scaled, y, { C: y.numClasses === 2 ? 0.5 : 1 }), testScaled)
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

test('units do not matter: classes and probabilities stay when columns are scaled and shifted', () => {
  const { x, y, testX } = parityFixture('wine')
  const scales = Array.from({ length: x.numFeatures }, (_, j) => [1e-6, 1, 1e5][j % 3]!)
  const inOtherUnits = (rows: Matrix): Matrix =>
    matrix(
      rows.numSamples,
      rows.numFeatures,
      rows.data.map((value, at) => (value + 1) * scales[at % rows.numFeatures]!),
    )
  const plain = ldaProbabilities(fitLda(x, y), testX)
  const moved = ldaProbabilities(fitLda(inOtherUnits(x), y), inOtherUnits(testX))
  expectArrayClose(moved.data, plain.data, { atol: 1e-9, rtol: 0 })
})

test('rounding is not spread: a column that is constant within classes is left out', () => {
  const { x, y, testX } = parityFixture('wine')
  const withColumn = (rows: Matrix, value: (i: number) => number): Matrix =>
    fromRows(toRows(rows).map((row, i) => [...row, value(i)]))
  const model = fitLda(
    withColumn(x, (i) => 1e5 / (3 + y.labels[i]!)),
    y,
  )
  const p = ldaProbabilities(
    model,
    withColumn(testX, () => 1e5),
  )
  expectArrayClose(p.data, ldaProbabilities(fitLda(x, y), testX).data, { atol: 1e-9, rtol: 0 })
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
