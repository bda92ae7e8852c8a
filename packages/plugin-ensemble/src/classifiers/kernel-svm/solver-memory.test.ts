import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { exponential } from './exponential.js'
import { gaussianByKernel, plainGaussian } from './gaussian.js'
import { kernelRows } from './kernel-rows.js'
import { decisionsWithin, trainPairs } from './train-pairs.js'

function random(numSamples: number, numFeatures: number): Matrix {
  const rng = createRng('kernel-svm', numSamples, numFeatures)
  return matrix(
    numSamples,
    numFeatures,
    Float64Array.from({ length: numSamples * numFeatures }, () => rng.normal()),
  )
}

test('exp is right to 4e-16 of its size', () => {
  for (const x of [0, -0, -1e-300, -1e-9, -0.1, -0.3466, -0.5, -1, -2.5, -33.3, -307.7, -600, -707.9, 1, 40, 700]) {
    expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(4e-16)
  }
})

test.each([
  [1, 1],
  [7, 3],
  [130, 40],
])('Gaussian values of %i × %i columns have the bits of plain loops', (n, d) => {
  const x = random(n, d)
  const byKernel = gaussianByKernel(x, 0.3)!
  const [ours, plain] = [new Float64Array(n), new Float64Array(n)]
  for (let i = 0; i < n; i++) {
    const row = x.data.subarray(i * d, (i + 1) * d)
    byKernel(row, ours)
    plainGaussian(x, 0.3)(row, plain)
    expect(ours).toEqual(plain)
    expect(ours[i]).toBe(1)
  }
})

test('values too small for a number are 0 in float32 and harmless before', () => {
  const out = new Float64Array(2)
  gaussianByKernel(matrix(2, 1, [0, 1e9]), 1)!(Float64Array.of(0), out)
  expect(out[0]).toBe(1)
  expect(Math.fround(out[1]!)).toBe(0)
})

test.each([
  [13, 2, 2],
  [101, 5, 3],
  [1203, 4, 2],
])('%i rows of %i columns and %i classes are solved by the steps of plain loops, bit for bit', (n, d, numClasses) => {
  const x = random(n, d)
  // Every third row twice: ties are settled alike.
  for (let i = 2; i < n; i += 3) x.data.copyWithin(i * d, (i - 1) * d, i * d)
  const labels = Int32Array.from({ length: n }, (_, i) => Math.floor((i * numClasses) / n))
  const rows = Int32Array.from(labels.keys())
  const costs = new Float64Array(numClasses).fill(1)
  const train = (isPlain: boolean): unknown[] => {
    const kernel = kernelRows(x, { kernel: 'rbf', gamma: 1, degree: 3, coef0: 0 }, { numPairs: 3, isPlain })
    const y = { labels, numClasses }
    const even = rows.filter((i) => i % 2 === 0)
    const part = trainPairs(kernel, y, even, costs, { tol: 1e-3, maxIter: 1e6 })
    const odd = rows.filter((i) => i % 2 === 1)
    return [trainPairs(kernel, y, rows, costs, { tol: 1e-3, maxIter: 1e6 }), part, decisionsWithin(kernel, part, odd)]
  }
  expect(train(false)).toEqual(train(true))
})
