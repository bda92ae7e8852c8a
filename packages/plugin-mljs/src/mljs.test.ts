import { createRng } from '@etsef/plugin-api'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { argmaxRows, matrix } from '@etsef/plugin-api/models'
import { fitMlKnn, openMlKnn } from './knn/knn-model.js'
import { fitMlRandomForest, openMlRandomForest } from './random-forest/random-forest-model.js'
import { fitMlXgboost, openMlXgboost } from './xgboost/xgboost-model.js'

/** A public table with what scikit-learn and XGBoost make of it; of the ensemble's parity tests, which say how it was written. */
interface Fixture {
  readonly numTrain: number
  readonly numFeatures: number
  readonly numClasses: number
  readonly x: string
  readonly y: string
  readonly predicted: Readonly<Record<'knnL2Uniform5', string>>
  readonly xgboostProbabilities: readonly number[]
}
const wine = readWine()

function readWine() {
  const file = new URL('../../plugin-ensemble/test-fixtures/wine.json', import.meta.url)
  const { numTrain, numFeatures, numClasses, x, y, predicted, xgboostProbabilities } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as Fixture
  const bytes = Buffer.from(x, 'base64')
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const labels = Int32Array.from(y, Number)
  const cut = numTrain * numFeatures
  return {
    x: matrix(numTrain, numFeatures, values.slice(0, cut)),
    y: { labels: labels.slice(0, numTrain), numClasses },
    testX: matrix(labels.length - numTrain, numFeatures, values.slice(cut)),
    testY: labels.slice(numTrain),
    nearest: Int32Array.from(predicted.knnL2Uniform5, Number),
    xgboostProbabilities,
  }
}

const published = { rounds: 20, learningRate: 0.9, maxDepth: 10, lambda: 1, gamma: 0, minChildWeight: 1 }

test('ml-xgboost past its wrapper gives the probabilities of XGBoost', async () => {
  const opened = await openMlXgboost(await fitMlXgboost(wine.x, wine.y, { ...published, rounds: 100 }))
  const p = opened.probabilities(wine.testX)
  wine.xgboostProbabilities.forEach((value, at) => expect(p.data[at]).toBeCloseTo(value, 5))
  opened.close()
})

test('ml-xgboost takes −1 for a number', async () => {
  const x = matrix(4, 1, [-3, -2, -0.5, 0.5])
  const model = await fitMlXgboost(
    x,
    { labels: Int32Array.of(0, 0, 1, 1), numClasses: 2 },
    { ...published, minChildWeight: 0 },
  )
  const opened = await openMlXgboost(model)
  const p = opened.probabilities(matrix(2, 1, [-0.9999, -1]))
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

test('ml-knn finds the neighbours that scikit-learn finds, ties to the lower class', () => {
  const p = openMlKnn(fitMlKnn(wine.x, wine.y, { neighbors: 5 }))(wine.testX)
  expect(argmaxRows(p)).toEqual(wine.nearest)
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
