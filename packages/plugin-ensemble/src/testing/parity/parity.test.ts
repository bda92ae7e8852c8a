import { expectArrayClose } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { fitKnn, knnProbabilities } from '../../classifiers/knn/knn-model.js'
import { argmaxRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { fitLinearSvm, linearSvmDecision } from '../../classifiers/linear-svm/linear-svm-model.js'
import { fitNaiveBayes, naiveBayesProbabilities } from '../../classifiers/naive-bayes/gaussian-naive-bayes.js'
import { fitPca } from '../../numeric/linear-algebra/pca.js'
import { fitRandomForest, randomForestProbabilities } from '../../classifiers/random-forest/random-forest-model.js'
import { anovaF } from '../../selectors/select-anova/anova-f.js'
import { applyStandardize, fitStandardize } from '../../numeric/statistics/standardize.js'
import { parityFixture, parityNames } from '../parity-fixture.js'
import { fitXgboost, xgboostProbabilities } from '../../classifiers/xgboost/xgboost-model.js'

function accuracy(probabilities: Matrix, truth: Int32Array): number {
  return argmaxRows(probabilities).filter((label, i) => label === truth[i]).length / truth.length
}

describe.each(parityNames)('%s, against scikit-learn 1.9.1 and xgboost 1.7.4', (name) => {
  const { x, y, testX, testY, predicted, numbers } = parityFixture(name)
  const scaler = fitStandardize(x)
  const [scaled, testScaled] = [applyStandardize(scaler, x), applyStandardize(scaler, testX)]

  test('naive Bayes predicts the same', () => {
    expect(argmaxRows(naiveBayesProbabilities(fitNaiveBayes(x, y), testX))).toEqual(predicted['naiveBayes'])
  })

  test('nearest neighbours predict the same', () => {
    const published = fitKnn(x, y, { neighbors: 3, weights: 'distance', metric: 'l1' })
    expect(argmaxRows(knnProbabilities(published, testX))).toEqual(predicted['knnL1Distance3'])
    const uniform = fitKnn(x, y, { neighbors: 5, weights: 'uniform', metric: 'l2' })
    expect(argmaxRows(knnProbabilities(uniform, testX))).toEqual(predicted['knnL2Uniform5'])
  })

  test('the linear SVM predicts the same and ends at the same minimum', () => {
    const model = fitLinearSvm(scaled, y)
    expect(argmaxRows(linearSvmDecision(model, testScaled))).toEqual(predicted['linearSvmScaled'])
    const peer = numbers['linearSvmIntercepts']!
    expectArrayClose(peer.length === 1 ? model.intercepts.slice(1) : model.intercepts, peer as number[], { rtol: 1e-6 })
  })

  test('boosted trees give the same probabilities, bit for bit in float32', () => {
    const p = xgboostProbabilities(fitXgboost(x, y, { learningRate: 0.9, maxDepth: 10 }), testX)
    expect(argmaxRows(p)).toEqual(predicted['xgboost'])
    const peer = numbers['xgboostProbabilities'] as number[]
    const ours =
      y.numClasses === 2 ? Array.from({ length: 20 }, (_, i) => p.data[2 * i + 1]!) : p.data.slice(0, peer.length)
    expectArrayClose(ours, peer, { atol: 2e-7, rtol: 0 })
  })

  test('random forests are as accurate, in the mean of 5 seeds, within a point', () => {
    const ours = [0, 1, 2, 3, 4].map((seed) =>
      accuracy(
        randomForestProbabilities(fitRandomForest(x, y, { maxFeatures: 'log2', minSamplesSplit: 3, seed }), testX),
        testY,
      ),
    )
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(Math.abs(mean(ours) - mean(numbers['forestAccuracies'] as number[]))).toBeLessThanOrEqual(0.0101)
  })

  test('ANOVA F and variances of the components are the same', () => {
    const { f } = anovaF(x, y)
    numbers['anovaF']!.forEach((value, j) => {
      // scikit-learn's own one-pass sums lose some digits on large offsets.
      if (value === null) expect(f[j]).toBeNaN()
      else expect(Math.abs(f[j]! - value)).toBeLessThanOrEqual(1e-9 * value)
    })
    expectArrayClose(fitPca(x, { components: 5 }).variances, numbers['pcaVariances'] as number[], { rtol: 1e-9 })
  })
})
