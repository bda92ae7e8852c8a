import { createRng } from '@etsef/plugin-api'
import { runOperation, someFeatures } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { argmaxRows, fromRows, matrix, takeRows } from '../../numeric/linear-algebra/matrix.js'
import { applyStandardize, fitStandardize } from '../../numeric/statistics/standardize.js'
import { blobs, labels } from '../../testing/conformance-data.js'
import plugin from '../../plugin.js'
import { parityFixture } from '../../testing/parity-fixture.js'
import { kernelMatrix, scaleGamma } from './kernel.js'
import {
  fitKernelSvm,
  kernelSvmDecision,
  kernelSvmProbabilities,
  pairDecisions,
  type KernelSvmOptions,
} from './kernel-svm-model.js'

const linear: KernelSvmOptions = { kernel: 'linear', C: 1, gamma: 'scale', degree: 3, coef0: 0, tol: 1e-8 }
const rbf: KernelSvmOptions = { ...linear, kernel: 'rbf' }

// Reference values: scikit-learn 1.9.1 SVC.

test('gives the decision values of scikit-learn', () => {
  const model = fitKernelSvm(blobs, labels, linear)
  const decision = kernelSvmDecision(
    model,
    fromRows([
      [3, 4],
      [7, 5],
    ]),
  ).data
  const peer = [2.1803430621, 0.9253817203, -0.1570009172, -0.1596357184, 1.0967689034, 2.112580503]
  peer.forEach((value, at) => expect(decision[at]).toBeCloseTo(value, 5))
})

test('gamma scale is that of scikit-learn', () => {
  expect(scaleGamma(blobs)).toBeCloseTo(0.0486105485, 10)
})

test('two points have the margin between them', () => {
  const model = fitKernelSvm(
    fromRows([[-1], [1]]),
    { labels: Int32Array.of(0, 1), numClasses: 2 },
    { ...linear, C: 10 },
  )
  expect(Array.from(model.coefficients.data, Math.abs)).toEqual([0.5, 0.5])
  expect(model.rho[0]).toBeCloseTo(0, 12)
})

describe.each(['wine', 'breast-cancer'] as const)('%s', (name) => {
  const { x, y, testX, predicted } = parityFixture(name)
  const scaler = fitStandardize(x)

  test('predicts as SVC does, default RBF', () => {
    const model = fitKernelSvm(applyStandardize(scaler, x), y, { ...rbf, tol: 1e-3 })
    expect(argmaxRows(kernelSvmDecision(model, applyStandardize(scaler, testX)))).toEqual(predicted['svmRbfScaled'])
  })
})

test('satisfies the optimality conditions', () => {
  const rng = createRng('kkt')
  const x = matrix(
    60,
    2,
    Float64Array.from({ length: 120 }, () => rng.normal()),
  )
  const y = {
    labels: Int32Array.from({ length: 60 }, (_, i) => (x.data[2 * i]! + rng.normal() > 0 ? 1 : 0)),
    numClasses: 2,
  }
  const model = fitKernelSvm(x, y, rbf)
  const weights = model.coefficients.data
  expect(weights.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 6)
  expect(weights.every((value) => Math.abs(value) <= 1 + 1e-12)).toBe(true)
  const outputs = pairDecisions(model, model.vectors).data
  outputs.forEach((output, v) => {
    const signed = output * (model.vectorClasses[v] === 0 ? 1 : -1)
    if (Math.abs(weights[v]!) < 1 - 1e-6) expect(signed).toBeCloseTo(1, 4)
    else expect(signed).toBeLessThanOrEqual(1 + 1e-4)
  })
})

test('does not depend on the order of the rows', () => {
  const order = [8, 3, 0, 5, 1, 7, 2, 6, 4]
  const shuffled = { labels: Int32Array.from(order, (i) => labels.labels[i]!), numClasses: 3 }
  const [a, b] = [fitKernelSvm(blobs, labels, rbf), fitKernelSvm(takeRows(blobs, order), shuffled, rbf)]
  const [p, q] = [kernelSvmDecision(a, blobs), kernelSvmDecision(b, blobs)]
  p.data.forEach((value, at) => expect(q.data[at]).toBeCloseTo(value, 6))
})

test('probabilities sum to 1 and agree with the decision', () => {
  const model = fitKernelSvm(blobs, { ...labels, numClasses: 5 }, rbf)
  const p = kernelSvmProbabilities(model, blobs)
  expect(p.data[3]).toBe(0)
  expect(argmaxRows(p)).toEqual(labels.labels)
})

test('says when the steps ended before the optimum', async () => {
  const model = fitKernelSvm(blobs, labels, { ...linear, maxIter: 3 })
  expect(model.converged).toBe(false)
  expect(Math.max(...model.numIterations)).toBe(3)
  const svm = plugin.operations.find(({ type }) => type === 'ensemble/kernel-svm')!
  const ran = await runOperation(svm, { options: { maxIter: 3 }, inputs: { features: someFeatures() } })
  ran.dispose()
  expect(ran.logs).toEqual([
    { level: 'warn', message: 'The SVM did not converge in 3 steps for a pair of classes; scale the columns' },
  ])
})

test('refuses kernel values that float32 cannot hold', () => {
  const far = matrix(9, 2, blobs.data.map((value) => value * 1e7)) // prettier-ignore
  expect(() => fitKernelSvm(far, labels, { ...rbf, kernel: 'poly', gamma: 1 })).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_DATA' }),
  )
})

test('an RBF kernel of equal rows is exactly 1', () => {
  const k = kernelMatrix(blobs, blobs, { kernel: 'rbf', gamma: 3, degree: 3, coef0: 0 })
  for (let i = 0; i < 9; i++) expect(k.data[10 * i]).toBe(1)
})
