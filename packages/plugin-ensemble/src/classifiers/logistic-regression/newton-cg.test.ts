import { expectArrayClose } from '@etsef/plugin-api/testing'
import { expect, test } from 'vitest'
import { minimizeNewton } from './newton-cg.js'

test('parameters of very different scales cost no more products with the Hessian', () => {
  // Σ log cosh(scale · v − 1) + v² / 2, columns like those of an unscaled table.
  const scales = Float64Array.from({ length: 12 }, (_, j) => 10 ** (j / 2 - 2))
  let products = 0
  const found = minimizeNewton(
    {
      value: (v) =>
        v.reduce((sum, entry, j) => sum + Math.log(Math.cosh(scales[j]! * entry - 1)) + (entry * entry) / 2, 0),
      at: (v) => {
        const curvatures = v.map((entry, j) => 1 + scales[j]! ** 2 / Math.cosh(scales[j]! * entry - 1) ** 2)
        return {
          gradient: v.map((entry, j) => scales[j]! * Math.tanh(scales[j]! * entry - 1) + entry),
          curvatures,
          hessianTimes: (u) => {
            products++
            return u.map((entry, j) => curvatures[j]! * entry)
          },
        }
      },
    },
    new Float64Array(12),
    1e-9,
  )
  expectArrayClose(
    found.map((entry, j) => scales[j]! * Math.tanh(scales[j]! * entry - 1) + entry),
    new Float64Array(12),
    { atol: 1e-9 },
  )
  expect(products).toBeLessThan(20)
})
