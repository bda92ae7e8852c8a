import { readFileSync } from 'node:fs'
import type { AttributionBatch, ImageBatch, PixelImage } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { brightnessPredictor } from '../../fixtures/brightness-predictor.js'
import { columnPredictor, type ColumnPredictorOptions } from '../../fixtures/column-predictor.js'
import { votingPredictor } from '../../fixtures/voting-predictor.js'
import plugin from '../plugin.js'
import { findColumns } from './find-columns.js'

interface Peer {
  readonly classifier: {
    readonly background: readonly (readonly number[])[]
    readonly rows: readonly (readonly number[])[]
    readonly weights: readonly (readonly number[])[]
    readonly base: readonly number[]
    /** `[row][class][column]`. */
    readonly values: readonly (readonly (readonly number[])[])[]
  }
}

// KernelExplainer of shap 0.51.0; scripts/peer_shapley.py
const { classifier: peer } = JSON.parse(
  readFileSync(new URL('../../fixtures/shapley.json', import.meta.url), 'utf8'),
) as Peer

/** The peer's probabilities. */
function score(x: readonly number[]): number[] {
  const more = [x[0]! * x[1]!, x[2]! ** 2, x[3]! * x[4]! * x[5]!]
  const powers = peer.weights.map((row, k) => Math.exp(row.reduce((sum, w, j) => sum + w * x[j]!, more[k]!)))
  const sum = powers.reduce((all, power) => all + power, 0)
  return powers.map((power) => power / sum)
}

// Train rows are the peer's background, test rows its rows; a picture's only number is which.
const images: ImageBatch = (() => {
  const all = someImages({ numSamples: 11, numClasses: 3 })
  return {
    ...all,
    partitions: all.ids.map((_, i) => (i < 7 ? 'train' : 'test')),
    load: (index) => Promise.resolve({ dtype: 'uint8', shape: [1, 1, 1], data: Uint8Array.of(index) }),
  }
})()
const columnsAt = (row: number): readonly number[] => (row < 7 ? peer.background[row]! : peer.rows[row - 7]!)
const columnsOf = ({ data }: PixelImage): readonly number[] => columnsAt(data[0]!)
const operation = plugin.operations.find(({ type }) => type === 'xai/column-shap')!

async function explain(
  options: Record<string, unknown>,
  predictor: Partial<ColumnPredictorOptions> = {},
  given = images,
): Promise<Readonly<Record<'attributions' | 'errors', AttributionBatch>>> {
  const { outputs, dispose } = await runOperation(operation, {
    options,
    inputs: { images: given, predictor: columnPredictor({ score, columnsOf, ...predictor }) },
  })
  dispose()
  return outputs as Readonly<Record<'attributions' | 'errors', AttributionBatch>>
}

describe('xai/column-shap', () => {
  test.each(['kernel', 'permutation'])(
    'gives with every coalition the values of KernelExplainer, by %s',
    async (method) => {
      const { attributions, errors } = await explain({ method })
      expect(attributions).toMatchObject({ shape: [3, 6], unit: 'probability', method: `column-shap ${method}` })
      const expected = peer.values.flat(2)
      expect(attributions.values).toHaveLength(expected.length)
      expected.forEach((value, at) => expect(Math.abs(attributions.values[at]! - value)).toBeLessThan(1e-6))
      expect(errors.values.every((value) => value === 0)).toBe(true)
      attributions.ids.forEach((id, i) => {
        const own = score(columnsAt(images.ids.indexOf(id)))
        expect(attributions.targets[i]).toBe(own.indexOf(Math.max(...own)))
        own.forEach((probability, k) => {
          const values = attributions.values.subarray(18 * i + 6 * k, 18 * i + 6 * k + 6)
          expect(values.reduce((sum, value) => sum + value, peer.base[k]!)).toBeCloseTo(probability, 6)
        })
      })
    },
  )

  test('keeps its sums and comes within its standard errors on a smaller budget, of which every class is asked once', async () => {
    for (const method of ['kernel', 'permutation']) {
      let numAsked = 0
      const { attributions, errors } = await explain(
        { method, budget: 300, maxImages: 1, batchSize: 50 },
        { onBatch: (numRows) => (numAsked += numRows) },
      )
      // Beside the budget: the background, and the row as it is, by the trace and by the answer.
      expect(numAsked).toBeLessThanOrEqual(300 + 7 + 2)
      const at = images.ids.indexOf(attributions.ids[0]!) - 7
      expect(errors.values.some((value) => value > 0)).toBe(true)
      expect(attributions.additivityResidual[0]).toBeLessThan(1e-9)
      peer.values[at]!.flat().forEach((value, i) =>
        expect(Math.abs(attributions.values[i]! - value)).toBeLessThan(5 * errors.values[i]! + 1e-6),
      )
    }
  })

  test('takes what stands for absent columns from train rows only', async () => {
    const changed =
      (from: number, to: number) =>
      ({ data }: PixelImage) =>
        columnsAt(data[0]!).map((value) => (data[0]! >= from && data[0]! < to ? value + 1 : value))
    const options = { maxImages: 1 }
    const { attributions } = await explain(options)
    const row = images.ids.indexOf(attributions.ids[0]!)
    const others = await explain(options, { columnsOf: changed(row + 1, 11) })
    expect(others.attributions.values).toEqual(attributions.values)
    const train = await explain(options, { columnsOf: changed(0, 7) })
    expect(train.attributions.values).not.toEqual(attributions.values)
  })

  test('gives one column everything, and a row that is like the background nothing', async () => {
    const one = await explain({}, { columnsOf: (picture) => [columnsOf(picture)[0]!], score: ([x]) => [x!, -x!, 0] })
    one.attributions.ids.forEach((id, i) => {
      const mean = peer.background.reduce((sum, row) => sum + row[0]!, 0) / 7
      const gain = columnsAt(images.ids.indexOf(id))[0]! - mean
      ;[gain, -gain, 0].forEach((value, k) => expect(one.attributions.values[3 * i + k]).toBeCloseTo(value, 6))
    })
    const same = await explain({}, { columnsOf: () => [1, 2, 3], score: ([a, b]) => [a!, b!, 0] })
    expect(same.attributions.values.every((value) => Math.abs(value) < 1e-12)).toBe(true)
    expect([...same.attributions.empty]).toEqual(same.attributions.ids.map(() => 1))
  })

  test('explains of a row that is abstained from the class with the largest score', async () => {
    const [own, abstained] = [await explain({}), await explain({}, { abstains: true })]
    expect(abstained.attributions.targets).toEqual(own.attributions.targets)
    expect(abstained.attributions.values).toEqual(own.attributions.values)
  })

  test('refuses a budget below the columns, scores that are no numbers, and images without train rows', async () => {
    await expect(explain({ budget: 80 })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      option: 'budget',
      expected: expect.stringContaining('at least 92') as string,
    })
    await expect(explain({}, { score: () => [0, -Infinity, 0] })).rejects.toMatchObject({
      code: 'ERR_NOT_FINITE',
      message: expect.stringContaining('"class1"') as string,
    })
    const untrained = { ...images, partitions: images.ids.map(() => 'test' as const) }
    await expect(explain({}, {}, untrained)).rejects.toMatchObject({ code: 'ERR_TOO_FEW_ROWS' })
  })
})

describe('findColumns', () => {
  test('finds what all classifiers read, and what stays as it is when that changes', () => {
    expect(findColumns(columnPredictor({ score, columnsOf }), null)).toEqual({
      output: 'extract.features',
      unchanged: [],
    })
    expect(findColumns(votingPredictor(), 'net1.features')).toEqual({
      output: 'net1.features',
      unchanged: ['net2.features'],
    })
  })
  test('names what there is where classifiers read different features, or none is of that name', () => {
    expect(() => findColumns(votingPredictor(), null)).toThrow(
      expect.objectContaining({
        code: 'ERR_BAD_OPTION',
        option: 'features',
        expected: 'one of net1.features, net2.features',
      }),
    )
    expect(() => findColumns(votingPredictor(), 'net3.features')).toThrow(/"net3.features"/)
    expect(() => findColumns(brightnessPredictor(), null)).toThrow(
      expect.objectContaining({ expected: 'a predictor with features on its way' }),
    )
  })
})
