import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { Differentiable } from '../pixels/differentiable.js'
import { pathGradients } from '../pixels/integrated-gradients.js'
import { refinedPathGradients } from './refined-paths.js'

/** A sum of rectifiers, each with a bend of its own: what a network is along a line. */
function rectifiers(
  bends: readonly { readonly weights: readonly number[]; readonly from: number; readonly slope: number }[],
) {
  const size = bends[0]!.weights.length
  const asked = { values: 0, gradients: 0 }
  const along = (points: Float32Array, row: number, weights: readonly number[]): number =>
    weights.reduce((sum, weight, j) => sum + weight * points[row * size + j]!, 0)
  const f: Differentiable = {
    size,
    values: (points) => {
      asked.values += points.length / size
      return Float64Array.from({ length: points.length / size }, (_, row) =>
        bends.reduce(
          (sum, { weights, from, slope }) => sum + slope * Math.max(0, along(points, row, weights) - from),
          0,
        ),
      )
    },
    gradients: (points) => {
      asked.gradients += points.length / size
      return Float32Array.from({ length: points.length }, (_, at) =>
        bends.reduce(
          (sum, { weights, from, slope }) =>
            sum + (along(points, Math.floor(at / size), weights) > from ? slope * weights[at % size]! : 0),
          0,
        ),
      )
    },
  }
  return { f, asked }
}

// Steep between 0.501 and 0.521 alone.
const steep = () =>
  rectifiers([
    { weights: [1, 0.5], from: -1, slope: 1 },
    { weights: [1, 0], from: 0.501, slope: 40 },
    { weights: [1, 0], from: 0.521, slope: -40 },
  ])
const point = Float32Array.of(1, 1)
const zero = new Float32Array(2)
const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0)

describe('refinedPathGradients', () => {
  test('without cuts is the mean over midpoints', () => {
    const baselines = [zero, Float32Array.of(0.3, -1)]
    const steps = { minSteps: 8, maxSteps: 8 }
    const [found, plain] = [refinedPathGradients, pathGradients].map((of) => of(steep().f, point, baselines, steps))
    found!.values.forEach((value, i) => expect(value).toBeCloseTo(plain!.values[i]!, 6))
    expect(found).toMatchObject({ numSteps: 8 })
    expect(found!.difference).toBeCloseTo(plain!.difference, 6)
    expect(found!.residual).toBeCloseTo(plain!.residual, 6)
  })

  test('is complete with a tenth of the gradients that even steps need, where the function is steep on a short stretch', () => {
    const baselines = [zero, Float32Array.of(-0.2, 0.1), Float32Array.of(0.1, 0)]
    const tolerance = 0.002
    const [cut, even] = [steep(), steep()]
    const found = refinedPathGradients(cut.f, point, baselines, { tolerance, maxSteps: 4096 })
    expect(found.residual).toBeLessThanOrEqual(tolerance)
    expect(Math.abs(sumOf(found.values) - found.difference)).toBeCloseTo(found.residual, 12)
    // Half of the first rectifier's slope is the second column's, wherever the line begins.
    expect(found.values[1]).toBeCloseTo((1 + 0.9 + 1) / 6, 4)
    const exact = pathGradients(even.f, point, baselines, { minSteps: 4096, maxSteps: 4096 })
    found.values.forEach((value, i) => expect(Math.abs(value - exact.values[i]!)).toBeLessThan(2 * tolerance))
    const tenfold = Math.ceil((cut.asked.gradients / baselines.length) * 10)
    const plain = pathGradients(even.f, point, baselines, { minSteps: tenfold, maxSteps: tenfold })
    expect(plain.residual).toBeGreaterThan(tolerance)
  })

  test('does not end where errors cancel', () => {
    // The midpoints of quarters find 0.5 too much of the first and 0.5 too little of the second: the sum is right by chance.
    const { f, asked } = rectifiers([
      { weights: [1, 0], from: 0.0625, slope: 8 },
      { weights: [0, 1], from: 0.9375, slope: 8 },
    ])
    const found = refinedPathGradients(f, point, [zero], { minSteps: 4, tolerance: 0.01, maxSteps: 1000 })
    expect(asked.gradients).toBeGreaterThan(4)
    expect(found.values[0]).toBeCloseTo(7.5, 1)
    expect(found.values[1]).toBeCloseTo(0.5, 1)
  })

  test('asks for no more gradients than it may, and says what is missing', () => {
    const { f, asked } = steep()
    const found = refinedPathGradients(f, point, [zero, Float32Array.of(0.1, 0)], { tolerance: 0, maxSteps: 16 })
    expect(asked.gradients).toBeLessThanOrEqual(32)
    expect(asked.gradients).toBeGreaterThan(29)
    expect(found.numSteps).toBe(asked.gradients / 2)
    expect(Math.abs(sumOf(found.values) - found.difference)).toBeCloseTo(found.residual, 12)
  })

  test('gives nothing where nothing changes', () => {
    const found = refinedPathGradients(steep().f, point, [point, point])
    expect([...found.values, found.difference, found.residual]).toEqual([0, 0, 0, 0])
  })

  const bend = fc.record({
    weights: fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })),
    from: fc.double({ min: -2, max: 2, noNaN: true }),
    slope: fc.double({ min: -5, max: 5, noNaN: true }),
  })
  property.prop([
    fc.array(bend, { minLength: 1, maxLength: 12 }),
    fc.array(fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 })), {
      minLength: 1,
      maxLength: 4,
    }),
  ])('is complete for any sum of rectifiers', (bends, starts) => {
    const { f } = rectifiers(bends)
    const baselines = starts.map((start) => Float32Array.from(start))
    const tolerance = 1e-2
    const found = refinedPathGradients(f, point, baselines, { tolerance, maxSteps: 4096 })
    expect(Math.abs(sumOf(found.values) - found.difference)).toBeLessThanOrEqual(tolerance + 1e-9)
    const ends = f.values(Float32Array.from([...point, ...starts.flat()]))
    expect(found.difference).toBeCloseTo(ends[0]! - sumOf(ends.slice(1)) / starts.length, 5)
  })
})
