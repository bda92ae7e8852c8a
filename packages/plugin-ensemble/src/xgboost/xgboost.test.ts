import { expect, test } from 'vitest'
import { fromRows } from '../linear-algebra/matrix.js'
import { fitXgboost, xgboostMargins, xgboostProbabilities } from './xgboost.js'

// Reference values: xgboost 1.7.4, tree_method exact.

const x = fromRows([
  [1, 0],
  [2, 1],
  [3, 0],
  [4, 1],
])

test('grows the stump of the library: cut, leaf, gain, cover', () => {
  const model = fitXgboost(
    x,
    { labels: Int32Array.of(0, 0, 1, 1), numClasses: 2 },
    {
      rounds: 2,
      learningRate: 0.3,
      maxDepth: 1,
      minChildWeight: 0,
    },
  )
  expect(model.trees.thresholds[0]).toBe(2.5)
  expect(model.trees.gains[0]).toBeCloseTo(1.33333337, 7)
  expect(model.trees.covers[1]).toBeCloseTo(0.5, 7)
  expect(model.leafValues[0]).toBeCloseTo(-0.2, 7)
  expect(model.leafValues[2]).toBeCloseTo(-0.180664629, 7)
  expect(xgboostMargins(model, x).data[0]).toBeCloseTo(-0.3806646466, 7)
  expect(xgboostProbabilities(model, x).data[1]).toBeCloseTo(0.4059666097, 7)
})

test('uses the hessian 2 p (1 − p) for softmax', () => {
  const model = fitXgboost(
    x,
    { labels: Int32Array.of(0, 1, 2, 1), numClasses: 3 },
    {
      rounds: 1,
      learningRate: 0.9,
      maxDepth: 2,
      minChildWeight: 0,
    },
  )
  expect(model.trees.covers[0]).toBeCloseTo(1.7777778, 6)
  expect(model.leafValues[0]).toBeCloseTo(0.415384591, 7)
  const p = xgboostProbabilities(model, x)
  expect(p.data[0]).toBeCloseTo(0.5099697709, 7)
  expect(p.data[1]).toBeCloseTo(0.2450150996, 7)
  expect(p.data[2]).toBeCloseTo(0.2450150996, 7)
})

test('keeps classes that have no rows at probability 0', () => {
  const model = fitXgboost(x, { labels: Int32Array.of(0, 2, 4, 2), numClasses: 5 }, { rounds: 3 })
  const p = xgboostProbabilities(model, x)
  for (let i = 0; i < 4; i++) {
    expect(p.data[i * 5 + 1]).toBe(0)
    expect(p.data[i * 5]! + p.data[i * 5 + 2]! + p.data[i * 5 + 4]!).toBeCloseTo(1, 6)
  }
})

test('treats −1 as a number', () => {
  const rows = fromRows([[-3], [-2], [-0.5], [0.5]])
  const model = fitXgboost(
    rows,
    { labels: Int32Array.of(0, 0, 1, 1), numClasses: 2 },
    { minChildWeight: 0, rounds: 10 },
  )
  const p = xgboostProbabilities(model, fromRows([[-0.9999], [-1]]))
  expect(p.data[1]).toBe(p.data[3])
})
