import { expectArrayClose } from '@etsef/plugin-api/testing'
import { describe, expect, test, vi } from 'vitest'
import { fitMultinomial, multinomialProbabilities } from '../logistic-regression/logistic-regression-model.js'
import { fitKernelSvm, kernelSvmDecision } from '../kernel-svm/kernel-svm-model.js'
import { argmaxRows, matrix, takeRows } from '../../numeric/linear-algebra/matrix.js'
import { fitLinearSvm } from '../linear-svm/linear-svm-model.js'
import { fitNaiveBayes, naiveBayesProbabilities } from '../naive-bayes/gaussian-naive-bayes.js'
import { fitRandomForest, randomForestProbabilities } from '../random-forest/random-forest-model.js'
import { applyStandardize, fitStandardize } from '../../numeric/statistics/standardize.js'
import { parityFixture, parityNames, readFixture } from '../../testing/parity-fixture.js'
import { fitXgboost, xgboostProbabilities } from '../xgboost/xgboost-model.js'
import { planClassWeight } from './class-weight-option.js'
import { resolveClassWeight, type ClassWeight } from './class-weight.js'

interface Peer {
  readonly weights: readonly number[]
  readonly linearSvm: { readonly weights: readonly number[]; readonly intercepts: readonly number[] }
  readonly kernelSvm: { readonly predicted: string; readonly decisions: readonly number[] }
  readonly logistic: readonly number[]
  readonly bayes: { readonly priors: readonly number[]; readonly probabilities: readonly number[] }
  readonly xgboost: { readonly predicted: string; readonly probabilities: readonly number[] }
  readonly xgboostHist: { readonly predicted: string; readonly probabilities: readonly number[] }
  readonly forestAccuracies: readonly number[]
}

// Reference values: scikit-learn 1.9.1 and xgboost 1.7.4, test-fixtures/make_hist_and_weights.py.
const peers = (readFixture('class-weights') as { sets: Record<string, Record<string, Peer>> }).sets
const weightings: Readonly<Record<string, ClassWeight>> = { balanced: 'balanced', named: { c0: 3, c1: 0.25 } }

describe.each(parityNames.flatMap((name) => Object.keys(weightings).map((key) => ({ name, key }))))(
  'on $name with $key weights, as in the peer,',
  ({ name, key }) => {
    const peer = peers[name]![key]!
    const { x, y, testX, testY } = parityFixture(name)
    const classNames = Array.from({ length: y.numClasses }, (_, k) => `c${k}`)
    const weights = resolveClassWeight(weightings[key]!, y, classNames)
    const isBinary = y.numClasses === 2
    const scaler = fitStandardize(x)
    const [scaled, testScaled] = [applyStandardize(scaler, x), applyStandardize(scaler, testX)]
    const first = Array.from({ length: 10 }, (_, i) => i)
    const ofSecond = (p: Float64Array): Float64Array => (isBinary ? p.filter((_, at) => at % 2 === 1) : p)

    test('classes weigh', () => {
      expectArrayClose(weights, peer.weights, { rtol: 1e-14 })
    })

    test('the linear SVM ends at the minimum', () => {
      const model = fitLinearSvm(scaled, y, { tol: 1e-13, classWeight: weights })
      const ours = isBinary ? model.weights.data.slice(x.numFeatures) : model.weights.data
      // liblinear stops a little short of the minimum, whatever its tolerance.
      const near = { atol: 1e-6, rtol: 1e-6 }
      expectArrayClose(ours, peer.linearSvm.weights, near)
      expectArrayClose(isBinary ? model.intercepts.slice(1) : model.intercepts, peer.linearSvm.intercepts, near)
      // The minimum is unique, and this is it: the slope of what is minimised is 0.
      for (let k = isBinary ? 1 : 0; k < y.numClasses; k++) {
        const w = [...model.weights.data.subarray(k * x.numFeatures, (k + 1) * x.numFeatures), model.intercepts[k]!]
        const slope = w.slice()
        for (let i = 0; i < x.numSamples; i++) {
          const row = [...scaled.data.subarray(i * x.numFeatures, (i + 1) * x.numFeatures), 1]
          const target = y.labels[i] === k ? 1 : -1
          const slack = 1 - target * row.reduce((sum, value, j) => sum + value * w[j]!, 0)
          const cost = target === 1 || isBinary ? weights[y.labels[i]!]! : 1
          if (slack > 0) row.forEach((value, j) => (slope[j]! -= 2 * cost * slack * target * value))
        }
        expectArrayClose(slope, slope.map(() => 0), { atol: 1e-9, rtol: 0 }) // prettier-ignore
      }
    })

    test('logistic regression ends at the minimum', () => {
      const model = fitMultinomial(scaled, y, { C: isBinary ? 0.5 : 1, classWeight: weights, tolerance: 1e-11 })
      const p = multinomialProbabilities(model, takeRows(testScaled, first)).data
      expectArrayClose(p, peer.logistic, { atol: 1e-9, rtol: 1e-9 })
    })

    test('naive Bayes has the class shares', () => {
      const model = fitNaiveBayes(x, y, { classWeight: weights })
      expectArrayClose(model.logPriors.map(Math.exp), peer.bayes.priors, { rtol: 1e-12 })
      const p = naiveBayesProbabilities(model, takeRows(testX, first)).data
      expectArrayClose(p, peer.bayes.probabilities, { atol: 1e-9, rtol: 1e-9 })
    })

    test('boosted trees have the probabilities, exact and hist', () => {
      for (const [method, wanted] of [
        ['exact', peer.xgboost],
        ['hist', peer.xgboostHist],
      ] as const) {
        // prettier-ignore
        const model = fitXgboost(x, y, { learningRate: 0.9, maxDepth: 10, method, classWeight: weights })
        const p = xgboostProbabilities(model, testX)
        expect(Array.from(argmaxRows(p)).join('')).toBe(wanted.predicted)
        const ours = ofSecond(p.data).slice(0, wanted.probabilities.length)
        expectArrayClose(ours, wanted.probabilities, { atol: 2e-7, rtol: 0 })
      }
    })

    test('the kernel SVM decides the same', () => {
      const options = { kernel: 'rbf', C: 1, gamma: 'scale', degree: 3, coef0: 0, tol: 1e-12 } as const
      const model = fitKernelSvm(scaled, y, { ...options, classWeight: weights })
      const decision = kernelSvmDecision(model, testScaled)
      expect(Array.from(argmaxRows(decision)).join('')).toBe(peer.kernelSvm.predicted)
      expectArrayClose(ofSecond(decision.data).map((value) => value).slice(0, peer.kernelSvm.decisions.length), peer.kernelSvm.decisions, { atol: 1e-6, rtol: 1e-6 }) // prettier-ignore
    })

    test('forests are as accurate, in the mean of 5 seeds, within two points', () => {
      const accuracies = [0, 1, 2, 3, 4].map((seed) => {
        const options = { maxFeatures: 'log2', minSamplesSplit: 3, seed, classWeight: weights } as const
        const predicted = argmaxRows(randomForestProbabilities(fitRandomForest(x, y, options), testX))
        return predicted.filter((label, i) => label === testY[i]).length / testY.length
      })
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
      expect(Math.abs(mean(accuracies) - mean(peer.forestAccuracies))).toBeLessThanOrEqual(0.02)
    })
  },
)

const y = { labels: Int32Array.of(0, 0, 0, 2), numClasses: 3 }

test('a row that counts twice in the forest without bootstrap is a row that is there twice', () => {
  const x = matrix(4, 2, [1, 5, 2, 3, 3, 4, 4, 1])
  const options = { trees: 5, bootstrap: false, maxDepth: 1, seed: 1 }
  const weighted = fitRandomForest(x, y, { ...options, classWeight: Float64Array.of(1, 1, 2) })
  const doubled = { labels: Int32Array.of(0, 0, 0, 2, 2), numClasses: 3 }
  const twice = fitRandomForest(takeRows(x, [0, 1, 2, 3, 3]), doubled, options)
  expect(weighted.trees.thresholds).toEqual(twice.trees.thresholds)
  expect(weighted.leafValues).toEqual(twice.leafValues)
})

test('classes without rows weigh 1, and take no share of the balance', () => {
  expect(Array.from(resolveClassWeight('balanced', y))).toEqual([4 / 6, 1, 2])
})

test('names that are no class and weights of 0 are refused', () => {
  const bad = expect.objectContaining({ code: 'ERR_BAD_OPTION' })
  expect(() => resolveClassWeight({ d: 2 }, y, ['a', 'b', 'c'])).toThrow(bad)
  expect(() => resolveClassWeight({ a: 0 }, y, ['a', 'b', 'c'])).toThrow(bad)
})

test('the plan reports names that are no class, with the nearest', () => {
  const issue = vi.fn()
  const inputs = { features: { kind: 'features', classNames: ['glioma', 'none'] } } as const
  planClassWeight({ options: { classWeight: { gliomo: 2, none: 1 } }, inputs, issue })
  expect(issue).toHaveBeenCalledOnce()
  expect(issue).toHaveBeenCalledWith('classWeight/gliomo', 'there is no class "gliomo"', {
    expected: 'glioma, none',
    received: 'gliomo',
    hint: 'did you mean "glioma"?',
  })
  planClassWeight({ options: { classWeight: 'balanced' }, inputs, issue })
  planClassWeight({ options: { classWeight: { any: 1 } }, inputs: { features: { kind: 'features' } }, issue })
  expect(issue).toHaveBeenCalledOnce()
})
