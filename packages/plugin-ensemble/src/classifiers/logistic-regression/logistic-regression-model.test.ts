import { expectArrayClose } from '@etsef/plugin-api/testing'
import { createRng } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { fromRows, matrix } from '../../numeric/linear-algebra/matrix.js'
import { fitMultinomial, multinomialProbabilities } from './logistic-regression-model.js'

const x = fromRows([
  [1, 2.1],
  [1.5, 1.8],
  [2, 2.6],
  [5, 8.2],
  [6.1, 8],
  [5.5, 9.3],
  [9, 1],
  [8.4, 2.2],
  [9.7, 1.5],
  [3, 4.5],
])
const queries = fromRows([
  [3, 4],
  [7, 5],
])

describe('fitMultinomial', () => {
  test('agrees with scikit-learn 1.9.1 LogisticRegression(C=0.5, solver="newton-cg", tol=1e-12) on three classes', () => {
    const model = fitMultinomial(x, { labels: Int32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2, 1), numClasses: 3 }, { C: 0.5 })
    expectArrayClose(
      multinomialProbabilities(model, queries).data,
      [0.41708040205394, 0.51472077801555, 0.06819881993052, 0.03466941793157, 0.6268458045429, 0.33848477752553],
      { rtol: 1e-9 },
    )
  })
  test('agrees with the binary fit at C = 2 c', () => {
    const model = fitMultinomial(x, { labels: Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1, 1, 0), numClasses: 2 })
    expectArrayClose(
      multinomialProbabilities(model, queries).data,
      [0.98192249233909, 0.01807750766091, 0.65496803427629, 0.34503196572371],
      { rtol: 1e-9 },
    )
    expectArrayClose(model.weights.data.slice(2), [1.00260177008006 / 2, -0.65651256310258 / 2], { rtol: 1e-8 })
  })
  test('gives a class without training rows probability 0, in its place', () => {
    const labels = Int32Array.of(0, 0, 0, 3, 3, 3, 2, 2, 2, 3)
    const p = multinomialProbabilities(fitMultinomial(x, { labels, numClasses: 4 }, { C: 0.5 }), queries)
    expectArrayClose(p.data.slice(0, 4), [0.41708040205394, 0, 0.06819881993052, 0.51472077801555], { rtol: 1e-9 })
  })
  test('has a gradient of zero at the optimum: mean probabilities equal the class shares', () => {
    const rng = createRng(3)
    const data = matrix(
      60,
      5,
      Float64Array.from({ length: 300 }, () => rng.normal()),
    )
    const labels = Int32Array.from({ length: 60 }, () => rng.integer(4))
    const p = multinomialProbabilities(fitMultinomial(data, { labels, numClasses: 4 }, { C: 10 }), data)
    for (let k = 0; k < 4; k++) {
      let sum = 0
      for (let i = 0; i < 60; i++) sum += p.data[i * 4 + k]!
      expect(sum).toBeCloseTo(labels.filter((label) => label === k).length, 7)
    }
  })
  test('stays finite on separable rows with a weak penalty', () => {
    const model = fitMultinomial(
      fromRows([[-1], [-2], [1], [2]]),
      { labels: Int32Array.of(0, 0, 1, 1), numClasses: 2 },
      { C: 1e6 },
    )
    expect(model.weights.data.every(Number.isFinite)).toBe(true)
    expect(multinomialProbabilities(model, fromRows([[1.5]])).data[1]).toBeGreaterThan(0.999)
  })
})
