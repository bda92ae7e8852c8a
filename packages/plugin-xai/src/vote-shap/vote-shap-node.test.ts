import type { AttributionBatch, ImageBatch, PixelImage } from '@etsef/plugin-api'
import { runOperation, someImages } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import { brightnessPredictor } from '../../fixtures/brightness-predictor.js'
import plugin from '../plugin.js'

const operation = plugin.operations.find(({ type }) => type === 'xai/vote-shap')!
const quick = { superpixels: 9, size: 16, background: 3, budget: 200, maxImages: 4 }

const explain = async (
  options: Record<string, unknown> = {},
  { images = someImages(), predictor = brightnessPredictor() } = {},
): Promise<{ maps: AttributionBatch; errors: AttributionBatch }> => {
  const { outputs, dispose } = await runOperation(operation, {
    options: { ...quick, ...options },
    inputs: { images, predictor },
  })
  dispose()
  return { maps: outputs['attributions'] as AttributionBatch, errors: outputs['errors'] as AttributionBatch }
}

const pictured = (load: (index: number) => PixelImage): ImageBatch => ({
  ...someImages(),
  load: (index) => Promise.resolve(load(index)),
})
const plain = (value: number, size = 16): PixelImage => ({
  dtype: 'uint8',
  shape: [size, size, 1],
  data: new Uint8Array(size * size).fill(value),
})

describe('xai/vote-shap', () => {
  test('gives maps that sum to the margin over the background, with evidence where the predictor looks alone', async () => {
    const images = someImages()
    const { maps, errors } = await explain({}, { images })
    expect(maps).toMatchObject({ shape: [16, 16], method: 'vote-shap', unit: 'margin' })
    expect(maps.ids).toEqual(
      images.ids
        .filter((_, i) => images.partitions[i] === 'test')
        .slice(0, 8)
        .filter((_, i) => i % 2 === 1),
    )
    expect(Math.max(...maps.additivityResidual)).toBeLessThan(1e-9)
    const quarter = (map: Float32Array): number =>
      map.reduce((sum, value, at) => sum + (at % 16 < 10 && at < 160 ? Math.abs(value) : 0), 0)
    for (let i = 0; i < maps.ids.length; i++) {
      const map = maps.values.subarray(i * 256, (i + 1) * 256)
      expect(quarter(map) / map.reduce((sum, value) => sum + Math.abs(value), 0)).toBeGreaterThan(0.9)
    }
    expect(errors.values.every((value) => value >= 0)).toBe(true)
    expect(errors.additivityResidual.every(Number.isNaN)).toBe(true)
  })

  test('gives by kernel what orders give where every coalition is asked for, and sums that hold where it is not', async () => {
    const few = { superpixels: 4, budget: 50 }
    const [orders, kernel] = [await explain(few), await explain({ ...few, method: 'kernel' })]
    kernel.maps.values.forEach((value, at) => expect(value).toBeCloseTo(orders.maps.values[at]!, 6))
    const drawn = await explain({ method: 'kernel' })
    expect(Math.max(...drawn.maps.additivityResidual)).toBeLessThan(1e-9)
    expect(Math.max(...drawn.errors.values)).toBeGreaterThan(0)
    await expect(explain({ method: 'kernel', budget: 20 })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      option: 'budget',
    })
  })

  test('enumerates few players: no standard error is left', async () => {
    const { errors } = await explain({ superpixels: 4, budget: 50 })
    expect(Math.max(...errors.values)).toBe(0)
  })

  test('takes what is absent from train rows, drawn or averaged', async () => {
    const images = someImages()
    // Whatever is not a train row may change: background and so the base stay.
    const changed = (isChanged: (partition: string) => boolean): ImageBatch => ({
      ...images,
      load: async (index) =>
        isChanged(images.partitions[index]!)
          ? { ...(await images.load(index)), data: (await images.load(0)).data }
          : images.load(index),
    })
    for (const absent of ['train-rows', 'train-mean']) {
      const base = await explain({ absent, maxImages: 1 }, { images })
      expect((await explain({ absent, maxImages: 1 }, { images: changed((p) => p === 'val') })).maps.values).toEqual(
        base.maps.values,
      )
      expect(
        (await explain({ absent, maxImages: 1 }, { images: changed((p) => p === 'train') })).maps.values,
      ).not.toEqual(base.maps.values)
    }
  })

  test('gives a picture in which nothing can be told apart an empty map, never full red', async () => {
    const { maps, errors } = await explain({}, { images: pictured(() => plain(80)) })
    expect([...maps.empty]).toEqual([1, 1, 1, 1])
    expect(maps.values.every((value) => value === 0)).toBe(true)
    expect(errors.values.every((value) => value === 0)).toBe(true)
  })

  test('leaves a picture alone whose pixels are a buffer of a decoder', async () => {
    const images = someImages()
    const pictures = await Promise.all(images.ids.map((_, i) => images.load(i)))
    const decoded = pictures.map((picture) => ({ ...picture, data: Buffer.from(picture.data) }))
    const { maps } = await explain({}, { images: { ...images, load: (i) => Promise.resolve(decoded[i]!) } })
    expect(maps.values).toEqual((await explain({}, { images })).maps.values)
    decoded.forEach(({ data }, i) => expect([...data]).toEqual([...pictures[i]!.data]))
  })

  test('gives the one superpixel of a picture everything', async () => {
    const { maps } = await explain(
      { superpixels: 1, maxImages: 1 },
      { images: pictured((i) => plain(i % 2 === 0 ? 20 : 200)) },
    )
    const [first] = maps.values
    expect(maps.values.every((value) => value === first)).toBe(true)
    expect(maps.additivityResidual[0]).toBeLessThan(1e-9)
  })

  test('explains the largest score where the vote abstains, and the score where there is one class', async () => {
    const { maps } = await explain({}, { predictor: brightnessPredictor({ abstains: true }) })
    expect(maps.targets.every((target) => target >= 0)).toBe(true)
    const single = await explain(
      { maxImages: 1 },
      { images: someImages({ numClasses: 1 }), predictor: brightnessPredictor({ classNames: ['class0'] }) },
    )
    expect(single.maps.values.every(Number.isFinite)).toBe(true)
  })

  test.each([
    ['a budget below the players', { budget: 20 }, {}, { code: 'ERR_BAD_OPTION', option: 'budget' }],
    [
      'shares of a vote that gives probabilities',
      { value: 'voteShare' },
      {},
      { code: 'ERR_BAD_OPTION', option: 'value', expected: 'value: margin, or value: probability' },
    ],
    [
      'a predictor of features',
      {},
      { predictor: brightnessPredictor({ givesFeatures: true }) },
      { code: 'ERR_PORT_KIND', port: 'predictor' },
    ],
    [
      'images without train rows',
      {},
      { images: someImages({ partition: () => 'test' }) },
      { code: 'ERR_TOO_FEW_ROWS', port: 'images' },
    ],
    [
      'images without test rows',
      {},
      { images: someImages({ partition: () => 'train' }) },
      { code: 'ERR_TOO_FEW_ROWS', option: 'partition' },
    ],
  ])('refuses %s', async (_, options, given, error) => {
    await expect(explain(options, given)).rejects.toMatchObject(error)
  })

  test('refuses to explain a row that a fitted state answers by its name', async () => {
    const predictor = brightnessPredictor()
    const known: typeof predictor = {
      ...predictor,
      apply: async (images) => {
        const rows = await predictor.apply(images)
        if (rows.kind === 'predictions' && !images.ids[0]!.includes('changed')) rows.scores.reverse()
        return rows
      },
    }
    await expect(explain({}, { predictor: known })).rejects.toMatchObject({
      code: 'ERR_NOT_ADDITIVE',
      hint: 'explain test rows',
    })
  })
})
