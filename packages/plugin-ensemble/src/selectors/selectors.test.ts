import { createRng } from '@etsef/plugin-api'
import { expectArrayClose, runOperation, someFeatures } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import type { Labels } from '@etsef/plugin-api/models'
import { fromRows, matrix, takeColumns, takeRows, type Matrix } from '../numeric/linear-algebra/matrix.js'
import { selectors } from './selectors.js'
import { fitSelectAnova } from './select-anova/select-anova-model.js'
import { labels, table } from '../testing/conformance-data.js'
import { chiSquared } from './select-chi2/chi-squared.js'
import { fitSelectCorrelation } from './select-correlation/correlation.js'
import { fitSelectL1Logistic, l1Weights } from './select-l1/l1-logistic.js'
import { fitSelectMrmr } from './select-mrmr/mrmr.js'
import { fitSelectMutualInformation, mutualInformation } from './select-mutual-information/mutual-information.js'
import { fitSelectRecursive } from './select-rfe/recursive-elimination.js'
import type { SelectModel } from './select-columns.js'
import { fitSelectBoruta } from './select-boruta/shadow-columns.js'
import { fitSelectStability, stabilityIndex } from './select-stability/stability.js'
import { fitSelectTreeImportance } from './select-tree-importance/tree-importance.js'
import { fitSelectVariance } from './select-variance/variance.js'

// Reference values: scikit-learn 1.9.1 chi2, mutual_info_classif without jitter, LogisticRegression(penalty l1, saga).

/** 120 rows, 3 classes: columns 2 and 5 carry the class, 7 is a noisy copy of 2, the rest is noise. */
function planted(): { x: Matrix; y: Labels } {
  const rng = createRng('planted')
  const y = { labels: Int32Array.from({ length: 120 }, (_, i) => i % 3), numClasses: 3 }
  const x = matrix(120, 10)
  for (let i = 0; i < 120; i++) {
    const row = x.data.subarray(10 * i, 10 * i + 10)
    for (let j = 0; j < 10; j++) row[j] = rng.normal()
    row[2]! += y.labels[i] === 0 ? 3 : 0
    row[5]! += y.labels[i] === 1 ? 2.5 : 0
    row[7] = row[2]! + 0.1 * rng.normal()
  }
  return { x, y }
}

const { x, y } = planted()

const finders: [string, () => SelectModel][] = [
  ['anova', () => fitSelectAnova(x, y, { components: 3 })],
  ['mutual information', () => fitSelectMutualInformation(x, y, { components: 3, neighbors: 3 })],
  ['L1', () => fitSelectL1Logistic(x, y, { components: 3, C: 1 })],
  ['recursive elimination', () => fitSelectRecursive(x, y, { components: 3, step: 0.2, C: 1 })],
  ['tree importance', () => fitSelectTreeImportance(x, y, { components: 3, trees: 50, seed: 1 })],
  [
    'stability',
    () =>
      fitSelectStability(x, y, (a, b) => fitSelectAnova(a, b, { components: 3 }), {
        components: 3,
        rounds: 10,
        seed: 1,
      }),
  ],
  ['shadow columns', () => fitSelectBoruta(x, y, { rounds: 20, trees: 30, alpha: 0.05, seed: 1 })],
]

describe.each(finders)('%s', (_, fit) => {
  test('finds the columns that carry the class', () => {
    expect(Array.from(fit().columns)).toEqual(expect.arrayContaining([2, 5]))
  })
  test('gives the same for the same seed', () => {
    expect(fit()).toEqual(fit())
  })
})

test('mRMR takes one of two copies', () => {
  const { columns } = fitSelectMrmr(x, y, { components: 2 })
  expect(columns).toContain(5)
  expect([2, 7].filter((j) => columns.includes(j))).toHaveLength(1)
})

test('the correlation filter keeps one of two copies, the better', () => {
  const { columns } = fitSelectCorrelation(x, y, { threshold: 0.9 })
  expect(columns).toHaveLength(9)
  expect([2, 7].filter((j) => columns.includes(j))).toHaveLength(1)
})

test('the variance filter drops constants and refuses to drop all', () => {
  expect(Array.from(fitSelectVariance(table, { threshold: 0 }).columns)).toEqual([0, 1, 3])
  expect(Array.from(fitSelectVariance(table, { threshold: 1 }).columns)).toEqual([0, 1])
  expect(() => fitSelectVariance(table, { threshold: 1e6 })).toThrow(expect.objectContaining({ code: 'ERR_BAD_DATA' }))
})

test('χ² is that of scikit-learn, and refuses negative values', () => {
  const scores = chiSquared(takeColumns(table, [0, 1, 3]), labels)
  expectArrayClose(scores, [8.4, 0.0983606557377049, 1.6], { rtol: 1e-12 })
  expect(chiSquared(matrix(9, 1), labels)[0]).toBeNaN()
  expect(() => chiSquared(fromRows([[1], [-1]]), { labels: Int32Array.of(0, 1), numClasses: 2 })).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_DATA' }),
  )
})

describe('mutual information', () => {
  const column = [1.6905, -0.4659, 0.0328, 0.4075, -0.7889, 0.0021, -0.0009, -1.7547]
  const other = [3.0177, 2.6005, 1.3746, 1.8285, 2.5053, 1.7386, 1.7573]
  const points = [...column, ...other]
  const classes = { labels: Int32Array.from(points, (_, i) => (i < 8 ? 0 : 1)), numClasses: 2 }

  test('is the estimate of Ross, free of the rounding in which scikit-learn loses neighbours', () => {
    const [score] = mutualInformation(fromRows(points.map((v) => [v])), classes)
    // By hand, with neighbours compared as integers of 1e-4.
    expect(score).toBeCloseTo(0.547885077885079, 12)
    // scikit-learn without jitter, and with it for seeds 0, 1 and 2.
    for (const peer of [0.4534406334, 0.4312, 0.5257, 0.509]) expect(Math.abs(score! - peer)).toBeLessThan(0.12)
  })
  test('does not change with scale and offset', () => {
    expect(mutualInformation(fromRows(points.map((v) => [8 * v])), classes)[0]).toBeCloseTo(0.547885077885079, 12)
  })
  test('is 0 for a constant column', () => {
    expect(mutualInformation(matrix(15, 1), classes)[0]).toBe(0)
  })
  test('of a column that equals the label is the entropy of the label', () => {
    const halves = { labels: Int32Array.from({ length: 200 }, (_, i) => i % 2), numClasses: 2 }
    const same = fromRows(Array.from(halves.labels, (label) => [label]))
    expect(mutualInformation(same, halves)[0]).toBeCloseTo(Math.log(2), 2)
  })
  test.each([
    ['a tenth of zeros', (value: number, chance: number) => (chance < 0.1 ? 0 : value)],
    ['values below 0 cut off', (value: number) => Math.max(0, value)],
    ['two decimals', (value: number) => Math.round(20 * value) / 100],
    ['whole numbers', (value: number) => Math.round(value)],
  ])('finds informative columns with %s about as well as without ties, in any order of rows', (_, tie) => {
    const rng = createRng('ties')
    const [n, d, informative] = [300, 100, 20]
    const half = { labels: Int32Array.from({ length: n }, (_, i) => i % 2), numClasses: 2 }
    const plain = matrix(n, d)
    for (let at = 0; at < n * d; at++) {
      const shift = at % d >= d - informative ? 0.9 * half.labels[Math.floor(at / d)]! : 0
      plain.data[at] = Math.fround(rng.normal() + shift)
    }
    const tied = matrix(
      n,
      d,
      plain.data.map((value) => Math.fround(tie(value, rng.uniform(0, 1)))),
    )
    const precision = (table: Matrix): number =>
      fitSelectMutualInformation(table, half, { components: informative, neighbors: 3 }).columns.filter(
        (j) => j >= d - informative,
      ).length / informative
    expect(precision(tied)).toBeGreaterThanOrEqual(precision(plain) - 0.1)
    const order = rng.shuffle(Array.from(half.labels.keys()))
    const moved = { labels: Int32Array.from(order, (i) => half.labels[i]!), numClasses: 2 }
    expectArrayClose(mutualInformation(takeRows(tied, order), moved), mutualInformation(tied, half), { atol: 1e-12 })
  })
})

test('L1 weights satisfy the optimality conditions', () => {
  const { weights } = l1Weights(x, y, { C: 0.2, tol: 1e-8 })
  const zero = weights.data.filter((weight) => weight === 0).length
  expect(zero).toBeGreaterThan(5)
  // Slope of the loss by differences: within ±1 / C at zeros, equal to −sign / C elsewhere.
  const intercepts = fitIntercepts(weights)
  for (let at = 0; at < weights.data.length; at++) {
    const slope = (lossAt(weights, intercepts, at, 1e-5) - lossAt(weights, intercepts, at, -1e-5)) / 2e-5
    if (weights.data[at] === 0) expect(Math.abs(slope)).toBeLessThanOrEqual(5 + 1e-3)
    else expect(slope).toBeCloseTo(-Math.sign(weights.data[at]!) * 5, 2)
  }
})

test('L1 weights converge where the classes are told apart, columns repeat each other and a class is missing', () => {
  const rng = createRng('apart')
  const [n, d] = [80, 60]
  const y = { labels: Int32Array.from({ length: n }, (_, i) => [0, 1, 3][i % 3]!), numClasses: 4 }
  const factors = matrix(n, 4)
  for (let at = 0; at < factors.data.length; at++)
    factors.data[at] = rng.normal() + (at % 4 === y.labels[at >> 2] ? 2 : 0)
  const x = matrix(
    n,
    d,
    Float64Array.from(
      { length: n * d },
      (_, at) => factors.data[4 * Math.floor(at / d) + ((at % d) % 4)]! + 0.4 * rng.normal(),
    ),
  )
  const fit = fitSelectL1Logistic(x, y, { components: 15, C: 50 })
  expect(fit.converged).toBe(true)
  expect(fit.numIterations).toBeLessThan(3000)
  expect(fit.columns).toEqual(fitSelectL1Logistic(x, y, { components: 15, C: 50, tol: 1e-6, maxIter: 100_000 }).columns)
  const { weights } = l1Weights(x, y, { C: 50 })
  expect(weights.data.slice(2 * d, 3 * d).every((weight) => weight === 0)).toBe(true)
})

test('L1 weights that have not converged say so, in the model and in the log', async () => {
  expect(fitSelectL1Logistic(x, y, { components: 3, C: 1, maxIter: 2 })).toMatchObject({
    converged: false,
    numIterations: 2,
  })
  expect(fitSelectL1Logistic(x, y, { components: 3, C: 1 }).converged).toBe(true)
  const table = someFeatures({ numSamples: 31, numClasses: 2, numFeatures: 4 })
  // Values that say nothing of the class, so that the loss has a minimum.
  const features = { ...table, features: table.features.map((_, at) => at % 7) }
  const logsFor = async (C: number): Promise<readonly { level: string; message: string }[]> =>
    (
      await runOperation(
        selectors.find(({ type }) => type === 'ensemble/select-l1')!,
        { options: { components: 2, C }, inputs: { features } },
      )
    ).logs
  // No step in float64 meets the conditions to so small a slope.
  expect(await logsFor(1e30)).toContainEqual({
    level: 'warn',
    message: expect.stringMatching('did not converge in 10000 iterations') as string,
  })
  expect((await logsFor(1)).filter(({ level }) => level === 'warn')).toEqual([])
})

function lossAt(weights: Matrix, intercepts: Float64Array, at: number, step: number): number {
  let total = 0
  for (let i = 0; i < 120; i++) {
    const scores = [0, 1, 2].map((k) => {
      let sum = intercepts[k]!
      for (let j = 0; j < 10; j++)
        sum += (weights.data[10 * k + j]! + (10 * k + j === at ? step : 0)) * x.data[10 * i + j]!
      return sum
    })
    total += Math.log(scores.reduce((sum, s) => sum + Math.exp(s), 0)) - scores[y.labels[i]!]!
  }
  return total
}

/** Intercepts of least loss for given weights, by plain descent. */
function fitIntercepts(weights: Matrix): Float64Array {
  const intercepts = new Float64Array(3)
  for (let iteration = 0; iteration < 3000; iteration++) {
    const slope = [0, 0, 0]
    for (let i = 0; i < 120; i++) {
      const e = [0, 1, 2].map((k) => {
        let sum = intercepts[k]!
        for (let j = 0; j < 10; j++) sum += weights.data[10 * k + j]! * x.data[10 * i + j]!
        return Math.exp(sum)
      })
      const all = e.reduce((sum, v) => sum + v, 0)
      e.forEach((v, k) => (slope[k]! += v / all - (y.labels[i] === k ? 1 : 0)))
    }
    slope.forEach((s, k) => (intercepts[k]! -= s / 60))
  }
  return intercepts
}

test('the stability index is 1 for equal selections and about 0 for random ones', () => {
  expect(stabilityIndex(Float64Array.of(1, 1, 0, 0), 10)).toBe(1)
  const rng = createRng('index')
  const shares = new Float64Array(200)
  for (let round = 0; round < 50; round++)
    for (const j of rng.shuffle(Array.from(shares.keys())).slice(0, 20)) shares[j]! += 1 / 50
  expect(Math.abs(stabilityIndex(shares, 50))).toBeLessThan(0.03)
})

test('noise alone confirms next to nothing against shadow columns', () => {
  const rng = createRng('noise')
  const noise = matrix(
    60,
    8,
    Float64Array.from({ length: 480 }, () => rng.normal()),
  )
  const random = { labels: Int32Array.from({ length: 60 }, () => rng.integer(2)), numClasses: 2 }
  expect(
    fitSelectBoruta(noise, random, { rounds: 20, trees: 20, alpha: 0.05, seed: 1 }).columns.length,
  ).toBeLessThanOrEqual(1)
})

test.each([
  ['mrmr', () => fitSelectMrmr(x, y, { components: 11 })],
  ['recursive', () => fitSelectRecursive(x, y, { components: 11, step: 0.1, C: 1 })],
  ['mutual information', () => fitSelectMutualInformation(x, y, { components: 11, neighbors: 3 })],
])('%s refuses more than there are columns', (_, fit) => {
  expect(fit).toThrow(expect.objectContaining({ code: 'ERR_BAD_OPTION' }))
})
