import { describe, expect, test } from 'vitest'
import { fromRows } from '../../numeric/linear-algebra/matrix.js'
import { fitXgboost, xgboostMargins, xgboostProbabilities } from './xgboost-model.js'

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

describe('gamma', () => {
  // The first cut gains 0.029 and makes cuts of 4.70 and 4 possible.
  const points = [
    ...Array.from({ length: 4 }, () => [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]).flat(),
    [0, 0],
  ]
  const exclusive = { labels: Int32Array.from(points, ([a, b]) => (a === b ? 0 : 1)), numClasses: 2 }
  const leaf = 0.478584557771683
  test.each([
    ['exact', 1, 4, [0.268941432237625, 0.710949480533599, 0.710949480533599, 0.289050489664078]],
    ['exact', 4.5, 3, [0.268941432237625, 0.710949480533599, 0.5, 0.5]],
    ['exact', 5, 1, [leaf, leaf, leaf, leaf]],
    ['hist', 1, 1, [leaf, leaf, leaf, leaf]],
  ] as const)('%s with gamma %d leaves the tree of the library', (method, gamma, numLeaves, expected) => {
    const model = fitXgboost(fromRows(points), exclusive, {
      rounds: 1,
      learningRate: 0.9,
      maxDepth: 3,
      minChildWeight: 0,
      gamma,
      method,
    })
    expect(model.leafValues).toHaveLength(numLeaves)
    expect(model.trees.features).toHaveLength(2 * numLeaves - 1)
    const p = xgboostProbabilities(model, fromRows(points.slice(0, 4)))
    for (let i = 0; i < 4; i++) expect(p.data[2 * i + 1]).toBeCloseTo(expected[i]!, 7)
  })
})

test.each(['exact', 'hist'] as const)('%s keeps a cut that gains gamma to the last bit', (method) => {
  const y = { labels: Int32Array.of(0, 0, 1, 1), numClasses: 2 }
  const numLeaves = (gamma: number): number =>
    fitXgboost(x, y, { rounds: 1, maxDepth: 1, minChildWeight: 0, gamma, method }).leafValues.length
  expect(numLeaves(1.3333333730697632)).toBe(2)
  expect(numLeaves(1.3333335)).toBe(1)
})
