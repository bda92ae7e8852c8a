import { expectArrayClose } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import { argmaxRows, fromRows, matrix } from '../../numeric/linear-algebra/matrix.js'
import { blobs, labels } from '../../testing/conformance-data.js'
import { fitKnn, knnProbabilities } from './knn-model.js'
import { nearestNeighbours } from './nearest-neighbours.js'

// Reference values: scikit-learn 1.9.1 KNeighborsClassifier.

test('gives the shares of scikit-learn', () => {
  const query = fromRows([[7, 5]])
  const uniform = knnProbabilities(fitKnn(blobs, labels, { neighbors: 3, weights: 'uniform', metric: 'l2' }), query)
  expect(Array.from(uniform.data)).toEqual([0, 2 / 3, 1 / 3])
  const weighted = knnProbabilities(fitKnn(blobs, labels, { neighbors: 3, weights: 'distance', metric: 'l1' }), query)
  expect(weighted.data[1]).toBeCloseTo(0.6533333333, 10)
  expect(weighted.data[2]).toBeCloseTo(0.3466666667, 10)
})

test('lets a neighbour at distance 0 take all the weight', () => {
  const model = fitKnn(blobs, labels, { neighbors: 3, weights: 'distance', metric: 'l1' })
  expect(Array.from(knnProbabilities(model, fromRows([[5, 8.2]])).data)).toEqual([0, 1, 0])
})

test('gives a tied vote to the lower class', () => {
  const model = fitKnn(
    fromRows([[1], [-1]]),
    { labels: Int32Array.of(1, 0), numClasses: 2 },
    {
      neighbors: 2,
      weights: 'uniform',
      metric: 'l2',
    },
  )
  expect(argmaxRows(knnProbabilities(model, matrix(1, 1)))[0]).toBe(0)
})

test('measures the angle under cosine', () => {
  const bank = fromRows([
    [10, 0.1],
    [0.1, 0.01],
    [0, 3],
  ])
  const y = { labels: Int32Array.of(0, 1, 2), numClasses: 3 }
  const model = fitKnn(bank, y, { neighbors: 1, weights: 'uniform', metric: 'cosine' })
  expect(
    argmaxRows(
      knnProbabilities(
        model,
        fromRows([
          [5, 0.5],
          [1, 0],
        ]),
      ),
    ),
  ).toEqual(Int32Array.of(1, 0))
})

test('a row of zeros is at cosine distance 1 from every row', () => {
  // Reference values: scikit-learn 1.9.1 NearestNeighbors(metric='cosine').
  const bank = fromRows([
    [0, 0],
    [3, 4],
    [-4, 3],
  ])
  const { distances } = nearestNeighbours(
    bank,
    fromRows([
      [1, 0],
      [0, 0],
    ]),
    3,
    'cosine',
  )
  expectArrayClose(distances, [0.4, 1, 1.8, 1, 1, 1], { atol: 1e-15 })
  const model = fitKnn(
    bank,
    { labels: Int32Array.of(0, 1, 2), numClasses: 3 },
    { neighbors: 1, weights: 'uniform', metric: 'cosine' },
  )
  expect(argmaxRows(knnProbabilities(model, fromRows([[3, -1]])))).toEqual(Int32Array.of(1))
})

test('refuses more neighbours than rows', () => {
  expect(() => fitKnn(blobs, labels, { neighbors: 10, weights: 'uniform', metric: 'l1' })).toThrow(
    expect.objectContaining({ code: 'ERR_TOO_FEW_ROWS' }),
  )
})
