import type { ImageRows, PixelImage } from '@etsef/plugin-api'
import { checkedOptions, runOperation, someImages } from '@etsef/plugin-api/testing'
import augment, { augmentPixels, gaussianKernel, type Augmentation } from '@etsef/plugin-augment'
import { expect, test } from 'vitest'
import { operationOf } from '../support/operation.js'

const size = 40
/** A picture without any black. */
const image: PixelImage = {
  dtype: 'uint8',
  shape: [size, size, 1],
  data: Uint8Array.from({ length: size * size }, (_, i) => 100 + ((i * 7) % 100)),
}
const none: Augmentation = { rotationDegrees: 0, isFlipped: false, zoom: 1, blurSigma: 0 }
const blackShare = ({ data }: PixelImage): number => [...data].filter((value) => value === 0).length / data.length

test('S17: "zoom 0.8" of the notebooks puts 36 % of every copy into a black frame that no original has', () => {
  const copy = augmentPixels(image, { ...none, zoom: 0.8 }, 'black')
  expect(blackShare(image)).toBe(0)
  expect(blackShare(copy)).toBeCloseTo(1 - 0.8 ** 2, 2)
})

test('S17: ours mirrors at the border by default, so that a frame tells nothing', () => {
  for (const change of [
    { zoom: 0.8 },
    { rotationDegrees: 15 },
    { zoom: 0.9, rotationDegrees: -15, isFlipped: true, blurSigma: 1 },
  ]) {
    const copy = augmentPixels(image, { ...none, ...change }, 'reflect')
    expect(Math.min(...copy.data)).toBeGreaterThanOrEqual(99)
  }
  expect(checkedOptions(operationOf(augment, 'augment/expand'))).toMatchObject({ border: 'reflect' })
})

test('S17: the fixed 9 × 9 blur of the notebooks is a Gaussian of sigma 1.7; ours states its sigma', () => {
  // OpenCV: sigma 0 means 0.3 · ((9 − 1) / 2 − 1) + 0.8.
  const sigma = 0.3 * ((9 - 1) / 2 - 1) + 0.8
  expect(sigma).toBeCloseTo(1.7, 12)
  const kernel = gaussianKernel(sigma, 9)
  expect(kernel.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
  // A Gaussian: the weights of the centre and of the rim, 4 pixels off, are exp(4² / 2σ²) apart.
  expect(kernel[4]! / kernel[0]!).toBeCloseTo(Math.exp(16 / (2 * 1.7 ** 2)), 9)
})

test('S17: copies differ, are made of train rows only, and their parameters travel with the row', async () => {
  const images = someImages({ numSamples: 40, numClasses: 2, size: 8 })
  const run = async (seed: string): Promise<ImageRows> => {
    const result = await runOperation(operationOf(augment, 'augment/expand'), {
      inputs: { images },
      options: { copies: 2 },
      seed,
    })
    result.dispose()
    return result.outputs['images'] as ImageRows
  }
  const rows = await run('1')
  const copies = rows.ids.flatMap((id, i) => (rows.parentIds![i] === id ? [] : [i]))
  const parameters = copies.map((i) => JSON.stringify(rows.parameters![i]))
  expect(copies.length).toBe(48)
  expect(copies.every((i) => images.partitions[images.ids.indexOf(rows.parentIds![i]!)] === 'train')).toBe(true)
  expect(new Set(parameters).size).toBe(copies.length)
  expect(copies.map((i) => (rows.parameters![i] as unknown as Augmentation).isFlipped)).toContain(false)
  expect((await run('1')).parameters).toEqual(rows.parameters)
  expect((await run('2')).parameters).not.toEqual(rows.parameters)
})
