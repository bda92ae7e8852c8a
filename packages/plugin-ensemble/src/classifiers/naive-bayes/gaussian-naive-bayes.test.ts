import { expect, test } from 'vitest'
import { fromRows, matrix, toRows } from '../../numeric/linear-algebra/matrix.js'
import { blobs, labels } from '../../testing/conformance-data.js'
import { fitNaiveBayes, naiveBayesJointLogLikelihood, naiveBayesProbabilities } from './gaussian-naive-bayes.js'

// Reference values: scikit-learn 1.9.1 GaussianNB.

test('gives the joint log-likelihoods of scikit-learn', () => {
  const model = fitNaiveBayes(blobs, labels)
  const [first, second] = toRows(
    naiveBayesJointLogLikelihood(
      model,
      fromRows([
        [3, 4],
        [7, 5],
      ]),
    ),
  )
  expect(first![0]).toBeCloseTo(-23.1155676899, 9)
  expect(first![1]).toBeCloseTo(-48.440915942, 9)
  expect(first![2]).toBeCloseTo(-78.3076410323, 9)
  expect(second![0]).toBeCloseTo(-128.5441320657, 9)
  expect(second![1]).toBeCloseTo(-25.6465683356, 9)
  expect(second![2]).toBeCloseTo(-33.25237998, 9)
  const p = naiveBayesProbabilities(model, fromRows([[7, 5]]))
  expect(p.data[1]).toBeCloseTo(0.999502696, 10)
  expect(p.data[2]).toBeCloseTo(0.00049730399, 10)
})

test('gives a class without rows probability 0', () => {
  const p = naiveBayesProbabilities(fitNaiveBayes(blobs, { ...labels, numClasses: 5 }), blobs)
  expect(p.data[3]).toBe(0)
  expect(p.data[4]).toBe(0)
})

test('falls back to class shares when every column is constant', () => {
  const y = { labels: Int32Array.of(0, 0, 1), numClasses: 2 }
  const p = naiveBayesProbabilities(fitNaiveBayes(matrix(3, 2), y), matrix(1, 2))
  expect(p.data[0]).toBeCloseTo(2 / 3, 14)
})

test('refuses one class only', () => {
  const one = { labels: new Int32Array(9), numClasses: 3 }
  expect(() => fitNaiveBayes(blobs, one)).toThrow(expect.objectContaining({ code: 'ERR_BAD_DATA' }))
})
