import { readFileSync } from 'node:fs'
import { expectArrayClose } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import {
  fitMultinomial,
  multinomialProbabilities,
} from '../../classifiers/logistic-regression/logistic-regression-model.js'
import { nearestNeighbours } from '../../classifiers/knn/nearest-neighbours.js'
import { fitLda, ldaProbabilities } from '../../classifiers/lda/lda-model.js'
import { argmaxRows, takeRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { fitRandomForest, randomForestProbabilities } from '../../classifiers/random-forest/random-forest-model.js'
import { fitSelectL1Logistic, l1Weights } from '../../selectors/select-l1/l1-logistic.js'
import { fitSelectMutualInformation } from '../../selectors/select-mutual-information/mutual-information.js'
import { applyStandardize, fitStandardize } from '../../numeric/statistics/standardize.js'
import { hardTables, makeHardTable, type HardTable } from '../hard-tables.js'
import { fitXgboost, xgboostMargins, xgboostProbabilities } from '../../classifiers/xgboost/xgboost-model.js'

// Peers: scikit-learn 1.9.1 and xgboost 1.7.4; test-fixtures/make_hard_tables.py.

const page = readFileSync(new URL('../../../../../docs/results/classifiers.md', import.meta.url), 'utf8')
const first = (x: Matrix, count: number): Matrix =>
  takeRows(
    x,
    Array.from({ length: Math.min(count, x.numSamples) }, (_, i) => i),
  )
const accuracy = (probabilities: Matrix, truth: Int32Array): number =>
  argmaxRows(probabilities).filter((label, i) => label === truth[i]).length / truth.length
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const share = (of: ArrayLike<number>, among: readonly number[]): number =>
  Array.from(of).filter((j) => among.includes(j)).length / among.length

/** Probabilities of the classes that have rows: the peers know no others. */
function ofPresent(probabilities: Matrix, { recipe }: HardTable): Float64Array {
  return probabilities.data.filter((_, at) => recipe.missing !== true || at % recipe.classes !== 1)
}

/** Rows of the page's table, filled while the tables are gone through. */
const lines: string[] = []

describe.each(
  hardTables().map(({ recipe, peer }, seed) => ({ name: recipe.name, peer, table: makeHardTable(recipe, seed) })),
)('$name', ({ name, peer, table }) => {
  const { x, y, testX, testY, informative } = table
  const scaler = fitStandardize(x)
  const [scaled, testScaled] = [applyStandardize(scaler, x), applyStandardize(scaler, testX)]
  const cells: string[] = []

  test('is the table of the peers', () => {
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)
    expect(sum(x.data) + sum(testX.data)).toBeCloseTo(peer.sum, peer.sum > 1e6 ? 0 : 6)
  })

  test('mutual information finds as many informative columns', () => {
    const { columns } = fitSelectMutualInformation(x, y, { components: informative.length, neighbors: 3 })
    const [ours, theirs] = [share(columns, informative), mean(peer.informationPrecisions)]
    cells.push(`${ours.toFixed(2)} / ${theirs.toFixed(2)}`)
    // One column of few is chance; theirs is a mean over five draws of noise.
    expect(ours).toBeGreaterThanOrEqual(theirs - Math.max(0.1, 1.01 / informative.length))
  })

  test.each(['exact', 'hist'] as const)('boosting with gamma 1, %s, grows the same trees', (method) => {
    const model = fitXgboost(x, y, { rounds: 20, learningRate: 0.9, maxDepth: 8, gamma: 1, method })
    const ours = accuracy(xgboostProbabilities(model, testX), testY)
    const { leaves, accuracy: theirs, margins } = peer.boosted[method]
    cells.push(`${model.leafValues.length} / ${leaves}, ${ours.toFixed(3)} / ${theirs.toFixed(3)}`)
    expect(model.leafValues).toHaveLength(leaves)
    expect(ours).toBeCloseTo(theirs, 12)
    expectArrayClose(xgboostMargins(model, first(testX, 10)).data, margins, { atol: 2e-6, rtol: 1e-6 })
  })

  test('a forest of whole trees knows its rows, and forests are as accurate', () => {
    const whole = fitRandomForest(x, y, { trees: 20, bootstrap: false, maxFeatures: 'all', seed: 0 })
    const onTrain = accuracy(randomForestProbabilities(whole, x), y.labels)
    const ours = mean(
      [0, 1, 2].map((seed) =>
        accuracy(randomForestProbabilities(fitRandomForest(x, y, { trees: 50, seed }), testX), testY),
      ),
    )
    const theirs = mean(peer.forest.accuracies)
    cells.push(
      `${onTrain.toFixed(3)} / ${peer.forest.trainAccuracy.toFixed(3)}, ${ours.toFixed(3)} / ${theirs.toFixed(3)}`,
    )
    expect(onTrain).toBeGreaterThanOrEqual(peer.forest.trainAccuracy - 1e-12)
    // Other random numbers: three standard errors of a share, or three hundredths.
    expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(Math.max(0.03, 1 / Math.sqrt(testY.length) / 1.5))
  })

  test('cosine distances are the same', () => {
    const { distances } = nearestNeighbours(x, first(testX, 20), Math.min(3, x.numSamples), 'cosine')
    expectArrayClose(distances, peer.cosineDistances, { atol: 1e-12, rtol: 0 })
  })

  test('LDA gives the same probabilities', () => {
    expectArrayClose(ofPresent(ldaProbabilities(fitLda(x, y), first(testX, 10)), table), peer.lda, {
      atol: 1e-6,
      rtol: 0,
    })
  })

  test('logistic regression gives the same probabilities', () => {
    const isBinary = new Set(y.labels).size === 2
    const p = multinomialProbabilities(fitMultinomial(scaled, y, { C: isBinary ? 25 : 50 }), first(testScaled, 10))
    expectArrayClose(ofPresent(p, table), peer.logistic, { atol: 1e-6, rtol: 0 })
  })

  test('the L1 selection ends at the same minimum', () => {
    const { weights } = l1Weights(scaled, y, { C: 1, tol: 1e-6 })
    const { columns, converged } = fitSelectL1Logistic(x, y, { components: informative.length, C: 1 })
    cells.push(share(columns, peer.l1.columns).toFixed(2))
    lines.push(`| ${name} | ${cells.join(' | ')} |`)
    expect(converged).toBe(true)
    expect(share(columns, peer.l1.columns)).toBe(1)
    const size = weights.data.reduce((sum, weight) => sum + Math.abs(weight), 0)
    // The peer's solver stops when weights move by less than 1e-8 of the largest.
    expect(Math.abs(size - peer.l1.size)).toBeLessThanOrEqual(1e-4 * peer.l1.size)
  })
})

test('docs/results/classifiers.md has these figures', () => {
  expect(lines.filter((line) => !page.includes(line)).join('\n')).toBe('')
})
