import { createRng } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import type { Differentiable } from './differentiable.js'
import { expectedGradients, integratedGradients, pathGradients } from './integrated-gradients.js'
import { occlusion } from './occlusion.js'
import { gaussLegendreRule, midpointRule, type QuadratureRule } from './quadrature.js'
import { smoothGrad } from './smooth-grad.js'

/** x0² x1 + 3 x1 + relu(x2 − 1), by hand. */
const cubic: Differentiable = {
  size: 3,
  values: (points) =>
    Float64Array.from({ length: points.length / 3 }, (_, i) => {
      const [a, b, c] = points.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number]
      return a * a * b + 3 * b + Math.max(c - 1, 0)
    }),
  gradients: (points) =>
    Float32Array.from({ length: points.length }, (_, at) => {
      const [a, b, c] = points.subarray(at - (at % 3), at - (at % 3) + 3) as unknown as [number, number, number]
      return [2 * a * b, a * a + 3, c > 1 ? 1 : 0][at % 3]!
    }),
}
const point = Float32Array.of(2, 1, 3)
const zero = new Float32Array(3)

/** What Captum's `riemann_trapezoid` does: ends count half, and all are divided by the number of points instead of that of stretches. */
const captumTrapezoid: QuadratureRule = (n) => ({
  shares: Float64Array.from({ length: n }, (_, k) => k / (n - 1)),
  weights: Float64Array.from({ length: n }, (_, k) => (k === 0 || k === n - 1 ? 0.5 : 1) / n),
})
const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

describe('quadrature', () => {
  test.each([1, 2, 5, 50, 301])('weights of %i points sum to 1, and points ascend in (0, 1)', (n) => {
    for (const rule of [midpointRule, gaussLegendreRule]) {
      const { shares, weights } = rule(n)
      expect(sumOf(weights)).toBeCloseTo(1, 13)
      expect(Math.min(...weights)).toBeGreaterThan(0)
      expect([...shares]).toEqual([...shares].sort((a, b) => a - b))
      expect(shares[0]!).toBeGreaterThan(0)
      expect(shares[n - 1]!).toBeLessThan(1)
    }
  })
  test('five points of Gauss and Legendre integrate polynomials up to degree 9 exactly, and no further', () => {
    const { shares, weights } = gaussLegendreRule(5)
    const error = (degree: number): number =>
      Math.abs(shares.reduce((sum, x, k) => sum + weights[k]! * x ** degree, 0) - 1 / (degree + 1))
    for (let degree = 0; degree < 10; degree++) expect(error(degree)).toBeLessThan(1e-15)
    expect(error(10)).toBeGreaterThan(1e-8)
  })
})

describe('integratedGradients', () => {
  test('has the values of Gauss and Legendre, whom the kink costs half a per cent at 50 points', () => {
    const at = (n: number): Float64Array =>
      integratedGradients(cubic, point, zero, { rule: gaussLegendreRule, minSteps: n, maxSteps: n }).values
    ;[2.66667, 4.33333, 1.95914].forEach((expected, i) => expect(at(50)[i]).toBeCloseTo(expected, 5))
    expect(sumOf(at(300))).toBeCloseTo(9.0073, 4)
  })
  test('would miss completeness by the weights of Captum’s trapezoid, even for a linear function', () => {
    const steps = { rule: captumTrapezoid, minSteps: 50, maxSteps: 50 }
    expect(sumOf(captumTrapezoid(50).weights)).toBeCloseTo(49 / 50, 12)
    expect(sumOf(integratedGradients(cubic, point, zero, steps).values)).toBeCloseTo(8.8108, 4)
    const linear: Differentiable = {
      size: 3,
      values: (points) => Float64Array.from({ length: points.length / 3 }, (_, i) => points[3 * i]!),
      gradients: (points) => Float32Array.from({ length: points.length }, (_, at) => Number(at % 3 === 0)),
    }
    expect(integratedGradients(linear, point, zero, steps).residual).toBeCloseTo(2 / 50, 6)
    expect(integratedGradients(linear, point, zero, { ...steps, rule: midpointRule }).residual).toBeLessThan(1e-12)
  })
  test('gives 8/3, 13/3, 2, which sum to 9', () => {
    const { values, difference, residual } = integratedGradients(cubic, point, zero, { minSteps: 300, maxSteps: 300 })
    ;[8 / 3, 13 / 3, 2].forEach((expected, i) => expect(values[i]).toBeCloseTo(expected, 4))
    expect(difference).toBe(9)
    expect(residual).toBeLessThan(1e-4)
  })
  test('is at 50 midpoints what it is by hand', () => {
    const { values } = integratedGradients(cubic, point, zero, { minSteps: 50, maxSteps: 50 })
    ;[2.6664, 4.3332, 1.98].forEach((expected, i) => expect(values[i]).toBeCloseTo(expected, 4))
  })
  test('is nearer at 300', () => {
    const { values } = integratedGradients(cubic, point, zero, { minSteps: 300, maxSteps: 300 })
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(8.999989, 5)
  })
  test('is linear in the function, and gives nothing to what the function does not use', () => {
    const [weights, factor] = [[2, -1, 0], 0.5]
    const both: Differentiable = {
      size: 3,
      values: (points) =>
        cubic
          .values(points)
          .map((value, i) => factor * value + weights.reduce((sum, w, j) => sum + w * points[3 * i + j]!, 0)),
      gradients: (points) => cubic.gradients(points).map((value, at) => factor * value + weights[at % 3]!),
    }
    const steps = { minSteps: 64, maxSteps: 64 }
    const [own, sum] = [cubic, both].map((f) => integratedGradients(f, point, zero, steps).values)
    sum!.forEach((value, i) => expect(value).toBeCloseTo(factor * own![i]! + weights[i]! * point[i]!, 5))
    // Below its kink the third column is not used.
    expect(integratedGradients(cubic, Float32Array.of(2, 1, 0.9), zero).values[2]).toBe(0)
  })
  test('doubles its steps until it is complete within 1 %', () => {
    const { numSteps, residual } = integratedGradients(cubic, Float32Array.of(2, 1, 1.2), zero, { minSteps: 1 })
    expect(numSteps).toBeGreaterThan(1)
    expect(residual).toBeLessThanOrEqual(0.0721)
  })
  test('gives nothing to what does not change, and the opposite the other way round', () => {
    expect(integratedGradients(cubic, point, point).values).toEqual(new Float64Array(3))
    const [there, back] = [integratedGradients(cubic, point, zero), integratedGradients(cubic, zero, point)]
    there.values.forEach((value, i) => expect(back.values[i]).toBeCloseTo(-value, 6))
  })
})

test('expectedGradients sums to the difference from the mean baseline', () => {
  const rng = createRng(1)
  const baselines = [zero, Float32Array.of(1, 2, 0), Float32Array.of(-1, 1, 4)]
  const { values, difference } = expectedGradients(cubic, point, baselines, () => rng.next(), { samples: 3000 })
  expect(difference).toBeCloseTo(9 - 5, 6)
  expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(difference, 1)
})

test('expectedGradients draws as many points again until it is complete within 1 %', () => {
  const rng = createRng(3)
  const baselines = [zero, Float32Array.of(1, 2, 0), Float32Array.of(-1, 1, 4)]
  const options = { samples: 3, maxSamples: 4000 }
  const { values, numSteps, residual, difference } = expectedGradients(
    cubic,
    point,
    baselines,
    () => rng.next(),
    options,
  )
  expect(numSteps).toBeGreaterThan(3)
  expect(residual).toBeLessThanOrEqual(0.01 * Math.abs(difference))
  expect(Math.abs(values.reduce((sum, value) => sum + value, 0) - difference)).toBeCloseTo(residual, 12)
  const few = expectedGradients(cubic, point, baselines, () => 0.9, { samples: 3, maxSamples: 11 })
  expect(few.numSteps).toBe(6)
})

test('pathGradients is the mean over its baselines', () => {
  const baselines = [zero, Float32Array.of(1, 2, 0)]
  const options = { minSteps: 40, maxSteps: 40 }
  const found = pathGradients(cubic, point, baselines, options)
  const each = baselines.map((baseline) => integratedGradients(cubic, point, baseline, options))
  found.values.forEach((value, i) => expect(value).toBeCloseTo((each[0]!.values[i]! + each[1]!.values[i]!) / 2, 12))
  expect(found.difference).toBeCloseTo((each[0]!.difference + each[1]!.difference) / 2, 12)
})

test('smoothGrad is the gradient of a linear function, and near that of any without noise', () => {
  const rng = createRng(1)
  expect([...smoothGrad(cubic, point, () => rng.normal(), { samples: 4, sigma: 0 })]).toEqual([4, 7, 1])
})

describe('occlusion', () => {
  const sum = {
    size: 16,
    values: (points: Float32Array) =>
      Float64Array.from({ length: points.length / 16 }, (_, i) =>
        points.subarray(16 * i, 16 * i + 16).reduce((total, value) => total + value, 0),
      ),
  }
  const ones = new Float32Array(16).fill(1)
  test('gives each pixel the mean over the patches that cover it', () => {
    expect([...occlusion(sum, ones, new Float32Array(16), [4, 4, 1], { patch: 2, stride: 2 })]).toEqual(
      new Array(16).fill(4),
    )
    const cut = occlusion(sum, ones, new Float32Array(16), [4, 4, 1], { patch: 3, stride: 2 })
    expect([cut[0], cut[15]]).toEqual([9, 4])
  })
  test('gives nothing where the patch shows what is there', () => {
    expect([...occlusion(sum, ones, ones, [4, 4, 1], { patch: 2, stride: 1 })]).toEqual(new Array(16).fill(0))
  })
})
