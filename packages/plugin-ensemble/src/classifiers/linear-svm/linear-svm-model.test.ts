import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { argmaxRows, matrix, takeRows } from '../../numeric/linear-algebra/matrix.js'
import { blobs, labels } from '../../testing/conformance-data.js'
import { calibrateLinearSvm, fitLinearSvm, linearSvmDecision, linearSvmProbabilities } from './linear-svm-model.js'

// Reference values: scikit-learn 1.9.1 LinearSVC(dual=False, tol=1e-10).

test('finds the intercepts of liblinear', () => {
  const { intercepts, converged } = fitLinearSvm(blobs, labels)
  expect(converged).toBe(true)
  expect(intercepts[0]).toBeCloseTo(1.267500614, 8)
  expect(intercepts[1]).toBeCloseTo(-1.27613299, 8)
  expect(intercepts[2]).toBeCloseTo(-0.305047531, 8)
})

test('finds the same minimum from rows as from columns', () => {
  const rng = createRng('svm')
  const rows = matrix(
    20,
    30,
    Float64Array.from({ length: 600 }, () => rng.normal()),
  )
  const y = { labels: Int32Array.from({ length: 20 }, (_, i) => i % 3), numClasses: 3 }
  const wide = fitLinearSvm(rows, y, { tol: 1e-12 })
  // Twice the rows at half the cost is the same problem, but takes the path for more rows than columns.
  const doubled = takeRows(
    rows,
    Int32Array.from({ length: 40 }, (_, i) => i % 20),
  )
  const tall = fitLinearSvm(
    doubled,
    { labels: Int32Array.from({ length: 40 }, (_, i) => (i % 20) % 3), numClasses: 3 },
    {
      C: 0.5,
      tol: 1e-12,
    },
  )
  wide.weights.data.forEach((value, i) => expect(value).toBeCloseTo(tall.weights.data[i]!, 9))
})

test('does not depend on the order of the rows', () => {
  const order = [8, 3, 0, 5, 1, 7, 2, 6, 4]
  const shuffled = fitLinearSvm(takeRows(blobs, order), {
    labels: Int32Array.from(order, (i) => labels.labels[i]!),
    numClasses: 3,
  })
  const { weights } = fitLinearSvm(blobs, labels)
  shuffled.weights.data.forEach((value, i) => expect(value).toBeCloseTo(weights.data[i]!, 10))
})

test('probabilities sum to 1 and never change the predicted class', () => {
  const model = calibrateLinearSvm(fitLinearSvm(blobs, labels), blobs, labels)
  expect(model.temperature).not.toBe(1)
  const p = linearSvmProbabilities(model, blobs)
  for (let i = 0; i < 9; i++) expect(p.data[3 * i]! + p.data[3 * i + 1]! + p.data[3 * i + 2]!).toBeCloseTo(1, 14)
  expect(argmaxRows(p)).toEqual(argmaxRows(linearSvmDecision(model, blobs)))
})

test('never predicts a class without rows', () => {
  const y = { labels: Int32Array.of(0, 0, 0, 3, 3, 3, 3, 3, 3), numClasses: 5 }
  const p = linearSvmProbabilities(fitLinearSvm(blobs, y), blobs)
  expect(p.data[1]).toBe(0)
  expect(argmaxRows(p)).toEqual(y.labels)
})
