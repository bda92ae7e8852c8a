import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { argmaxRows, fromRows, matrix } from '../../numeric/linear-algebra/matrix.js'
import { blobs, labels } from '../../testing/conformance-data.js'
import { fitRandomForest, randomForestProbabilities } from './random-forest-model.js'

test('cuts at the midpoint of float32 values', () => {
  const x = fromRows([[2.6], [8.0]])
  const y = { labels: Int32Array.of(0, 1), numClasses: 2 }
  const { trees } = fitRandomForest(x, y, { trees: 1, bootstrap: false, seed: 1 })
  expect(trees.thresholds[0]).toBeCloseTo(5.2999999523, 10)
})

test('separates the clusters and sums to 1', () => {
  const model = fitRandomForest(blobs, labels, { trees: 50, seed: 7 })
  const p = randomForestProbabilities(model, blobs)
  expect(argmaxRows(p)).toEqual(labels.labels)
  for (let i = 0; i < 9; i++) expect(p.data[3 * i]! + p.data[3 * i + 1]! + p.data[3 * i + 2]!).toBeCloseTo(1, 12)
})

test('gives each tree its own seed: a larger forest begins with the smaller one', () => {
  const small = fitRandomForest(blobs, labels, { trees: 3, seed: 7 })
  const large = fitRandomForest(blobs, labels, { trees: 6, seed: 7 })
  const size = small.trees.features.length
  expect(large.trees.features.slice(0, size)).toEqual(small.trees.features)
  expect(fitRandomForest(blobs, labels, { trees: 3, seed: 8 }).trees).not.toEqual(small.trees)
})

test('does not change under a monotone transform of a column', () => {
  const rng = createRng('forest')
  const x = matrix(
    80,
    4,
    Float64Array.from({ length: 320 }, () => Math.fround(rng.normal())),
  )
  const y = {
    labels: Int32Array.from({ length: 80 }, (_, i) => (x.data[4 * i]! + x.data[4 * i + 1]! > 0 ? 1 : 0)),
    numClasses: 2,
  }
  // Doubling is exact in float32, so no two values merge.
  const doubled = matrix(
    80,
    4,
    x.data.map((value) => 2 * value),
  )
  const plain = randomForestProbabilities(fitRandomForest(x, y, { trees: 10, seed: 1 }), x)
  const moved = randomForestProbabilities(fitRandomForest(doubled, y, { trees: 10, seed: 1 }), doubled)
  expect(moved.data).toEqual(plain.data)
})

test('a node with fewer distinct rows than minSamplesSplit is a leaf', () => {
  const model = fitRandomForest(blobs, labels, { trees: 5, seed: 1, minSamplesSplit: 10 })
  expect(model.trees.features.every((feature) => feature === -1)).toBe(true)
})

test.each([1, 2, 'all'] as const)(
  'learns an exclusive or, whose first cut gains nothing, drawing %s columns',
  (maxFeatures) => {
    const points = Array.from({ length: 8 }, () => [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]).flat()
    const y = { labels: Int32Array.from(points, ([a, b]) => (a === b ? 0 : 1)), numClasses: 2 }
    const model = fitRandomForest(fromRows(points), y, { trees: 20, bootstrap: false, seed: 1, maxFeatures })
    expect(argmaxRows(randomForestProbabilities(model, fromRows(points)))).toEqual(y.labels)
    expect(model.trees.gains.every((gain) => gain >= 0)).toBe(true)
  },
)

test('makes a leaf when every column is constant', () => {
  const y = { labels: Int32Array.of(0, 0, 1), numClasses: 2 }
  const p = randomForestProbabilities(
    fitRandomForest(matrix(3, 2), y, { trees: 1, bootstrap: false, seed: 1 }),
    matrix(1, 2),
  )
  expect(p.data[0]).toBeCloseTo(2 / 3, 14)
})
