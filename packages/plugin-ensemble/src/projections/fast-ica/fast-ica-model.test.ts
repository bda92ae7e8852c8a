import { createRng } from '@etsef/plugin-api'
import { expectArrayClose } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import {
  columnMeans,
  columnSquares,
  fromRows,
  matrix,
  transpose,
  type Matrix,
} from '../../numeric/linear-algebra/matrix.js'
import { multiply, multiplyTransposed } from '../../numeric/linear-algebra/products.js'
import { icaFixture } from '../../testing/parity-fixture.js'
import { applyFastIca, fitFastIca } from './fast-ica-model.js'

/** Square wave, saw tooth and uniform noise: independent and far from Gaussian. */
function sources(n: number): Matrix {
  const rng = createRng('sources')
  return fromRows(
    Array.from({ length: n }, (_, t) => [
      Math.sign(Math.sin(t / 7)) + 0.05 * rng.normal(),
      ((t % 37) - 18) / 18,
      rng.uniform(-1, 1),
    ]),
  )
}

function bestMatches(found: Matrix, truth: Matrix): number[] {
  const correlation = (a: Float64Array, b: Float64Array): number => {
    const [ma, mb] = [a, b].map((v) => v.reduce((s, x) => s + x, 0) / v.length) as [number, number]
    let [ab, aa, bb] = [0, 0, 0]
    a.forEach((value, i) => {
      ab += (value - ma) * (b[i]! - mb)
      aa += (value - ma) ** 2
      bb += (b[i]! - mb) ** 2
    })
    return Math.abs(ab / Math.sqrt(aa * bb))
  }
  const [f, t] = [transpose(found), transpose(truth)]
  const column = (x: Matrix, r: number): Float64Array => x.data.subarray(r * x.numFeatures, (r + 1) * x.numFeatures)
  return Array.from({ length: t.numSamples }, (_, r) =>
    Math.max(...Array.from({ length: f.numSamples }, (__, q) => correlation(column(f, q), column(t, r)))),
  )
}

test('recovers mixed sources up to sign and order', () => {
  const truth = sources(1000)
  const mixed = multiply(
    truth,
    fromRows([
      [1, 0.5, 1.5, 0.2],
      [1, 2, 1, -0.4],
      [0.3, 1, 2, 0.9],
    ]),
  )
  const model = fitFastIca(mixed, { components: 3, seed: 1 })
  expect(model.converged).toBe(true)
  const found = applyFastIca(model, mixed)
  for (const match of bestMatches(found, truth)) expect(match).toBeGreaterThan(0.995)
  const variances = columnSquares(found, columnMeans(found)).map((sum) => sum / 1000)
  variances.forEach((variance) => expect(variance).toBeCloseTo(1, 12))
  const overlaps = multiplyTransposed(transpose(found), transpose(found))
  expect(overlaps.data[1]! / 1000).toBeCloseTo(0, 10)
})

test('equal seeds give equal bytes, another seed another path', () => {
  const mixed = multiply(
    sources(200),
    fromRows([
      [1, 0.5, 1.5],
      [1, 2, 1],
      [0.3, 1, 2],
    ]),
  )
  const fit = (seed: number): unknown => fitFastIca(mixed, { components: 3, seed })
  expect(fit(1)).toEqual(fit(1))
  expect(fit(1)).not.toEqual(fit(2))
})

test('does not depend on the number of threads', () => {
  const rng = createRng('threads')
  const x = matrix(2000, 120)
  for (let i = 0; i < x.data.length; i++) x.data[i] = rng.uniform(-1, 1) ** 3 * ((i % 120) + 1)
  const fit = (threads: number): unknown => fitFastIca(x, { components: 20, seed: 1, maxIter: 15, threads })
  const alone = fit(1)
  expect(fit(2)).toEqual(alone)
  expect(fit(5)).toEqual(alone)
})

test('lowers the number of components to rows, columns and rank', () => {
  const rng = createRng(5)
  const few = matrix(
    5,
    8,
    Float64Array.from({ length: 40 }, () => rng.normal()),
  )
  const model = fitFastIca(few, { components: 50, seed: 1 })
  expect(model.components.numSamples).toBe(4)
  expect(model.requestedComponents).toBe(50)
  expect(applyFastIca(model, few).data.every(Number.isFinite)).toBe(true)
})

test('refuses constant columns and a start of another size', () => {
  expect(() => fitFastIca(matrix(5, 2), { components: 2, seed: 1 })).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_DATA' }),
  )
  const mixed = sources(50)
  expect(() => fitFastIca(mixed, { components: 3, seed: 1, wInit: matrix(2, 2) })).toThrow(
    expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }),
  )
})

test('walks the path of scikit-learn from the same start', () => {
  // Reference values: scikit-learn 1.9.1 FastICA, float64, whiten_solver svd, with this w_init.
  const peer = icaFixture()
  const model = fitFastIca(fromRows(peer.x), { components: 3, seed: 0, wInit: fromRows(peer.wInit) })
  expect(model.numIterations).toBe(peer.numIterations)
  expectArrayClose(model.components.data, peer.components.flat(), { atol: 1e-9, rtol: 0 })
})
