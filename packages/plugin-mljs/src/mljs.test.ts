import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { fitKnn, knnProbabilities } from '../knn/knn-model.js'
import { argmaxRows, fromRows, matrix } from '../../numeric/linear-algebra/matrix.js'
import { parityFixture } from '../../testing/parity-fixture.js'
import { fitXgboost, xgboostProbabilities } from '../xgboost/xgboost-model.js'
import { fitMlKnn, openMlKnn } from './ml-knn-model.js'
import { fitMlRandomForest, openMlRandomForest } from './ml-random-forest-model.js'
import { fitMlXgboost, openMlXgboost } from './ml-xgboost-model.js'

const published = { rounds: 20, learningRate: 0.9, maxDepth: 10, lambda: 1, gamma: 0, minChildWeight: 1 }
const wine = parityFixture('wine')

test('ml-xgboost past its wrapper gives the trees of XGBoost', async () => {
  const opened = await openMlXgboost(await fitMlXgboost(wine.x, wine.y, published))
  const ours = xgboostProbabilities(fitXgboost(wine.x, wine.y, published), wine.testX)
  const p = opened.probabilities(wine.testX)
  p.data.forEach((value, at) => expect(value).toBeCloseTo(ours.data[at]!, 5))
  opened.close()
})

test('ml-xgboost takes −1 for a number', async () => {
  const x = fromRows([[-3], [-2], [-0.5], [0.5]])
  const model = await fitMlXgboost(
    x,
    { labels: Int32Array.of(0, 0, 1, 1), numClasses: 2 },
    { ...published, minChildWeight: 0 },
  )
  const opened = await openMlXgboost(model)
  const p = opened.probabilities(fromRows([[-0.9999], [-1]]))
  expect(p.data[3]).toBe(p.data[1])
  opened.close()
})

test('ml-xgboost survives a table larger than its stack of 5 MB', async () => {
  const rng = createRng('large')
  const [n, d] = [2200, 768]
  const x = matrix(
    n,
    d,
    Float64Array.from({ length: n * d }, () => rng.normal()),
  )
  const y = { labels: Int32Array.from({ length: n }, (_, i) => (x.data[i * d]! > 0 ? 1 : 0)), numClasses: 2 }
  const opened = await openMlXgboost(await fitMlXgboost(x, y, { ...published, rounds: 1, maxDepth: 1 }))
  expect(argmaxRows(opened.probabilities(x))).toEqual(y.labels)
  opened.close()
})

test('ml-knn agrees with our neighbours, ties to the lower class', () => {
  const p = openMlKnn(fitMlKnn(wine.x, wine.y, { neighbors: 5 }))(wine.testX)
  const ours = knnProbabilities(fitKnn(wine.x, wine.y, { neighbors: 5, weights: 'uniform', metric: 'l2' }), wine.testX)
  expect(argmaxRows(p)).toEqual(argmaxRows(ours))
  expect(argmaxRows(p)).toEqual(wine.predicted['knnL2Uniform5'])
})

test('ml-random-forest learns, repeats for a seed, and keeps absent classes at 0', () => {
  const y = { labels: wine.y.labels.map((label) => 2 * label), numClasses: 6 }
  const fit = (): ReturnType<typeof fitMlRandomForest> =>
    fitMlRandomForest(wine.x, y, { trees: 15, maxFeatures: 0.5, seed: 3 })
  const model = fit()
  expect(fit()).toEqual(model)
  const p = openMlRandomForest(model)(wine.testX)
  const right = argmaxRows(p).filter((label, i) => label === 2 * wine.testY[i]!).length
  expect(right / wine.testY.length).toBeGreaterThan(0.85)
  expect(p.data.filter((_, at) => at % 2 === 1).every((value) => value === 0)).toBe(true)
})
