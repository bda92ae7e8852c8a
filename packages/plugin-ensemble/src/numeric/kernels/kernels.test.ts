import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createRng } from '@etsef/plugin-api'
import { expectArrayClose } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import { logcoshStep, plainStep } from '../../projections/fast-ica/contrast.js'
import { matrix, transpose, type Matrix } from '../linear-algebra/matrix.js'
import { dot, plainOuterGram } from '../linear-algebra/products.js'
import { gramByKernel, productsByKernel } from './products-by-kernel.js'
import { createKernels } from './kernels.js'

function random(numSamples: number, numFeatures: number): Matrix {
  const rng = createRng('kernels', numSamples, numFeatures)
  return matrix(
    numSamples,
    numFeatures,
    Float64Array.from({ length: numSamples * numFeatures }, () => rng.normal()),
  )
}

test('the binary is what the source gives', () => {
  const script = fileURLToPath(new URL('../../../scripts/build-kernels.mjs', import.meta.url))
  const built = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' })
  expect(readFileSync(new URL('./binary.ts', import.meta.url), 'utf8')).toBe(built)
})

test.each([
  [1, 1],
  [7, 3],
  [600, 10],
  [1030, 33],
])('products of %i × %i columns have the bits of plain loops', (n, d) => {
  const x = random(n, d)
  const products = gramByKernel(x)!
  expect(products).toEqual(plainOuterGram(transpose(x)))
  expect(transpose(products)).toEqual(products)
})

test.each([
  [1, 1, 1],
  [3, 5, 7],
  [20, 9, 1029],
])('products of %i × %i rows of %i have the bits of plain loops', (m, n, d) => {
  const [a, b] = [random(m, d), random(n, d)]
  const products = productsByKernel(a, b)!
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) expect(products.data[i * n + j]).toBe(dot(a.data, i * d, b.data, j * d, d))
  }
})

test('tanh is right to 4e-16, signs and ends included', () => {
  const values = [0, -0, 1e-300, 1e-9, -1e-9, 0.1, -0.3, 0.5493, 1, -1, 2.5, -5, 9, 18, -19, 20, 25, -300, 1e10, -1e300]
  const kernels = createKernels(values.length)!
  const block = kernels.allocate(values.length)
  block.data.set(values)
  const sum = kernels.tanhSum(block, 0, values.length)
  block.data.forEach((value, at) => expect(Math.abs(value - Math.tanh(values[at]!))).toBeLessThan(4e-16))
  expect(sum).toBeCloseTo(
    values.reduce((total, value) => total + 1 - Math.tanh(value) ** 2, 0),
    13,
  )
})

test.each([
  [50, 3],
  [1001, 8],
  [13, 5],
])('a FastICA step on %i × %i is that of plain loops', (n, k) => {
  const white = random(n, k)
  const w = random(k, k)
  expectArrayClose(logcoshStep(white)(w).data, plainStep(white)(w).data, { atol: 1e-12, rtol: 1e-10 })
})
