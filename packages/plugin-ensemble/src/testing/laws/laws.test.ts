import { createRng } from '@etsef/plugin-api'
import { decodeState, encodeState, type Labels } from '@etsef/plugin-api/models'
import { expectArrayClose } from '@etsef/plugin-api/testing'
import { fc, test as lawTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { matrix, takeRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { allClassifiers, allTransformers } from '../all-methods.js'

interface Table {
  readonly x: Matrix
  readonly y: Labels
}

/** Float32 values around a mean per class. */
function table(seed: number, numSamples: number, numFeatures: number, numClasses: number): Table {
  const rng = createRng(seed, 'laws')
  const x = matrix(numSamples, numFeatures)
  const labels = Int32Array.from({ length: numSamples }, (_, i) => i % numClasses)
  for (let i = 0; i < x.data.length; i++) {
    x.data[i] = Math.fround(rng.normal() + (i % numFeatures === labels[Math.floor(i / numFeatures)] ? 2 : 0))
  }
  return { x, y: { labels, numClasses } }
}

const tables = fc
  .tuple(fc.integer(), fc.integer({ min: 12, max: 40 }), fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 4 }))
  .map(([seed, n, d, k]) => table(seed, n, d, k))

const runs = { numRuns: 25 }

describe.each(allClassifiers)('$name', ({ name, fit, apply }) => {
  lawTest.prop([tables], runs)('probabilities lie in [0, 1] and sum to 1', ({ x, y }) => {
    const p = apply(fit(x, y), x)
    for (let i = 0; i < x.numSamples; i++) {
      const row = p.data.subarray(i * y.numClasses, (i + 1) * y.numClasses)
      expect(row.every((value) => value >= 0 && value <= 1)).toBe(true)
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6)
    }
  })

  lawTest.prop([tables], runs)('saved and loaded, it gives the same bytes', ({ x, y }) => {
    const model = fit(x, y)
    const loaded = decodeState(encodeState(model))
    expect(apply(loaded, x).data).toEqual(apply(model, x).data)
  })

  lawTest.prop([tables], runs)('a batch of one row gives what the whole table gives', ({ x, y }) => {
    const model = fit(x, y)
    const whole = apply(model, x)
    for (let i = 0; i < x.numSamples; i++)
      expect(apply(model, takeRows(x, [i])).data).toEqual(takeRows(whole, [i]).data)
  })

  lawTest.prop([tables], runs)('renaming classes renames the probabilities', ({ x, y }) => {
    // Tied cuts are broken by order of summation, not by class, so a common tolerance suffices.
    const renamed = { labels: y.labels.map((label) => y.numClasses - 1 - label), numClasses: y.numClasses }
    const [plain, moved] = [apply(fit(x, y), x), apply(fit(x, renamed), x)]
    const back = matrix(x.numSamples, y.numClasses)
    for (let i = 0; i < x.numSamples; i++) {
      for (let c = 0; c < y.numClasses; c++) {
        back.data[i * y.numClasses + c] = moved.data[(i + 1) * y.numClasses - 1 - c]!
      }
    }
    expectArrayClose(back.data, plain.data, { atol: 1e-4, rtol: 0 })
  })

  // A forest draws rows by position, so its trees follow the order of the rows.
  if (name !== 'random-forest' && name !== 'linear-svm') {
    lawTest.prop([tables, fc.integer()], runs)('the order of the training rows does not matter', ({ x, y }, seed) => {
      const order = createRng(seed).shuffle(Array.from({ length: x.numSamples }, (_, i) => i))
      const shuffled = fit(takeRows(x, order), { ...y, labels: Int32Array.from(order, (i) => y.labels[i]!) })
      expectArrayClose(apply(shuffled, x).data, apply(fit(x, y), x).data, { atol: 1e-4, rtol: 0 })
    })
  }

  if (name === 'random-forest' || name === 'xgboost') {
    lawTest.prop([tables], runs)('a monotone transform of the columns changes nothing', ({ x, y }) => {
      // Cuts are midpoints, so an exact affine map keeps new rows on their side too.
      const moved = matrix(
        x.numSamples,
        x.numFeatures,
        x.data.map((value) => 4 * value),
      )
      expect(apply(fit(moved, y), moved).data).toEqual(apply(fit(x, y), x).data)
    })
  }

  test('refuses NaN, infinity, one class, labels outside the list and an empty table', () => {
    const { x, y } = table(1, 12, 3, 3)
    for (const bad of [NaN, Infinity]) {
      const broken = matrix(12, 3, x.data.slice())
      broken.data[7] = bad
      expect(() => fit(broken, y)).toThrow(expect.objectContaining({ code: 'ERR_NOT_FINITE' }))
      expect(() => apply(fit(x, y), broken)).toThrow(expect.objectContaining({ code: 'ERR_NOT_FINITE' }))
    }
    const badData = expect.objectContaining({ code: 'ERR_BAD_DATA' })
    expect(() => fit(x, { labels: new Int32Array(12), numClasses: 3 })).toThrow(badData)
    expect(() => fit(x, { labels: y.labels, numClasses: 2 })).toThrow(badData)
    expect(() => fit(matrix(0, 3), { labels: new Int32Array(0), numClasses: 3 })).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_FEW_ROWS' }),
    )
    expect(() => apply(fit(x, y), matrix(2, 4))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }))
  })

  test.each([
    ['2 rows', table(2, 2, 3, 2)],
    ['1 column', table(3, 20, 1, 2)],
    ['constant columns', { x: matrix(12, 3), y: table(4, 12, 3, 3).y }],
    ['a class without rows', { x: table(5, 20, 3, 2).x, y: { ...table(5, 20, 3, 2).y, numClasses: 4 } }],
    ['50,000 columns', table(6, 8, 50_000, 2)],
  ])('gives finite probabilities for %s', (_, { x, y }) => {
    const p = apply(fit(x, y), x)
    expect(p.data.every((value) => value >= 0 && value <= 1)).toBe(true)
  })
})

describe.each(allTransformers)('$name', ({ name, fit, apply }) => {
  lawTest.prop([tables], runs)('saved and loaded, it gives the same bytes, one row at a time too', ({ x, y }) => {
    const model = fit(x, y)
    const whole = apply(model, x)
    const loaded = decodeState(encodeState(model))
    expect(apply(loaded, x).data).toEqual(whole.data)
    expectArrayClose(apply(loaded, takeRows(x, [3])).data, takeRows(whole, [3]).data, { atol: 1e-12, rtol: 1e-12 })
  })

  test('refuses NaN and rows of another width', () => {
    const { x, y } = table(1, 12, 3, 3)
    const broken = matrix(12, 3, x.data.slice())
    broken.data[7] = NaN
    expect(() => fit(broken, y)).toThrow(expect.objectContaining({ code: 'ERR_NOT_FINITE' }))
    expect(() => apply(fit(x, y), matrix(2, 4))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }))
  })

  test.each([
    ['2 rows', table(2, 2, 3, 2)],
    ['1 column', table(3, 20, 1, 2)],
    ['a constant column', { x: withConstant(table(4, 12, 3, 3).x), y: table(4, 12, 3, 3).y }],
    ['50,000 columns', table(6, 8, 50_000, 2)],
  ])('gives finite columns for %s', (_, { x, y }) => {
    expect(apply(fit(x, y), x).data.every(Number.isFinite)).toBe(true)
  })

  if (name === 'fast-ica') {
    test('refuses a table of constants', () => {
      expect(() => fit(matrix(5, 3), table(1, 5, 3, 2).y)).toThrow(expect.objectContaining({ code: 'ERR_BAD_DATA' }))
    })
  }
})

function withConstant(x: Matrix): Matrix {
  return matrix(
    x.numSamples,
    x.numFeatures,
    x.data.map((value, i) => (i % x.numFeatures === 1 ? 5 : value)),
  )
}
