import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  betaQuantile,
  chiSquaredSurvival,
  digamma,
  fairBinomial,
  fairBinomialAtLeast,
  fSurvival,
  normalQuantile,
  normalTwoSided,
  studentQuantile,
  studentTwoSided,
} from './index.js'

// Reference values: mpmath 1.3 with 40 digits; SciPy 1.17.1 agrees to 1e-12.
test.each<[name: string, value: number, expected: number]>([
  ['P(|Z| > 0.3)', normalTwoSided(0.3), 0.7641771556220948],
  ['P(|Z| > 1.96)', normalTwoSided(-1.96), 0.04999579029644087],
  ['P(|Z| > 8)', normalTwoSided(8), 1.2441921148543568e-15],
  ['P(|Z| > 30)', normalTwoSided(-30), 9.813427854296374e-198],
  ['normal quantile of 1e-12', normalQuantile(1e-12), -7.034483825301132],
  ['normal quantile of 0.001', normalQuantile(0.001), -3.0902323061678136],
  ['normal quantile of 0.6', normalQuantile(0.6), 0.2533471031357997],
  ['normal quantile of 0.975', normalQuantile(0.975), 1.9599639845400538],
  ['chi-squared tail at 0.1, 1 df', chiSquaredSurvival(0.1, 1), 0.7518296340458492],
  ['chi-squared tail at 3.84, 1 df', chiSquaredSurvival(3.84, 1), 0.050043521248705106],
  ['chi-squared tail at 4.57, 2 df', chiSquaredSurvival(4.57, 2), 0.10177406210628372],
  ['chi-squared tail at 40, 7 df', chiSquaredSurvival(40, 7), 1.2587903873713088e-6],
  ['chi-squared tail at 1200, 1000 df', chiSquaredSurvival(1200, 1000), 1.2255942330622905e-5],
  ['Student at 0.5, 3 df', studentTwoSided(0.5, 3), 0.651447964848151],
  ['Student at 2.09, 4 df', studentTwoSided(-2.09, 4), 0.10483071711574013],
  ['Student at 6, 30 df', studentTwoSided(6, 30), 1.3942768767204743e-6],
  ['F tail at 0.5 (2, 30)', fSurvival(0.5, 2, 30), 0.6114957082084547],
  ['F tail at 3.2 (1, 95)', fSurvival(3.2, 1, 95), 0.0768255301333404],
  ['F tail at 12.5 (3, 116)', fSurvival(12.5, 3, 116), 3.8563046904312896e-7],
  ['F tail at 800 (2, 500)', fSurvival(800, 2, 500), 1.540555683435459e-156],
  ['Student quantile 0.55, 3 df', studentQuantile(0.55, 3), 0.13659819935369902],
  ['Student quantile 0.025, 9 df', studentQuantile(0.025, 9), -2.262157162798205],
  ['Student quantile 0.975, 1 df', studentQuantile(0.975, 1), 12.706204736174694],
  ['Student quantile 0.995, 30 df', studentQuantile(0.995, 30), 2.749995653567225],
  ['Student quantile 0.9995, 1000 df', studentQuantile(0.9995, 1000), 3.300282648423944],
  ['beta quantile 0.025 (1, 96)', betaQuantile(0.025, 1, 96), 0.00026369239355076825],
  ['beta quantile 0.025 (94, 3)', betaQuantile(0.025, 94, 3), 0.9267631692050123],
  ['beta quantile 0.975 (47, 50)', betaQuantile(0.975, 47, 50), 0.583564083301576],
  ['beta quantile 0.001 (500, 20)', betaQuantile(0.001, 500, 20), 0.9304880889923483],
  ['digamma of 0.1', digamma(0.1), -10.423754940411076],
  ['digamma of 1', digamma(1), -0.5772156649015329],
  ['digamma of 7', digamma(7), 1.8727843350984672],
  ['digamma of 1000', digamma(1000), 6.907255195648812],
  ['9 heads or more of 10', fairBinomialAtLeast(9, 10), 0.0107421875],
  ['60 heads or more of 100', fairBinomialAtLeast(60, 100), 0.028443966820490395],
  ['700 heads or more of 1300', fairBinomialAtLeast(700, 1300), 0.0030078969305224763],
  ['480 heads of 1000', fairBinomial(480, 1000), 0.011340982371187728],
  ['500 heads of 1001', fairBinomial(500, 1001), 0.025199843509520124],
])('%s', (_, value, expected) => {
  expect(Math.abs(value / expected - 1)).toBeLessThan(1e-12)
})

test('ends of the line', () => {
  expect(fairBinomial(3, 10)).toBe(120 / 1024)
  expect(fairBinomialAtLeast(0, 7)).toBe(1)
  expect(chiSquaredSurvival(0, 3)).toBe(1)
  expect([fSurvival(Infinity, 2, 9), fSurvival(0, 2, 9), fSurvival(NaN, 2, 9)]).toEqual([0, 1, NaN])
  expect(studentTwoSided(Infinity, 4)).toBe(0)
  expect(normalQuantile(0.5)).toBeCloseTo(0, 15)
})

test.each([0, 1, NaN])('refuses a normal quantile of %d', (p) => {
  expect(() => normalQuantile(p)).toThrow(RangeError)
})

test('the bundle of @stdlib is what its script makes of the installed versions', () => {
  const dir = join(import.meta.dirname, '..')
  const made = execFileSync(process.execPath, [join(dir, 'scripts', 'bundle-stdlib.mjs'), '--print'], {
    encoding: 'utf8',
  })
  expect(readFileSync(join(dir, 'vendor', 'stdlib.js'), 'utf8') === made).toBe(true)
})
