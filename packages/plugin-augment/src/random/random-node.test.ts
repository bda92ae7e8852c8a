import { viewPresets } from '@etsef/nn/images'
import type { ImageBatch, ImageRows, PixelImage } from '@etsef/plugin-api'
import { checkedOptions, runOperation, someImages } from '@etsef/plugin-api/testing'
import { describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { viewOf } from './random-node.js'

const operation = plugin.operations.find(({ type }) => type === 'augment/random')!
type Options = Parameters<typeof viewOf>[1]
const optionsOf = (given: Readonly<Record<string, unknown>>): Options => checkedOptions(operation, given) as Options
const run = async (options: Readonly<Record<string, unknown>>, images: ImageBatch = someImages({ numSamples: 40 })) => {
  const { outputs } = await runOperation(operation, { options, inputs: { images } })
  return outputs['images'] as ImageRows & Pick<ImageBatch, 'load' | 'isRandom'>
}
const picture: PixelImage = {
  dtype: 'uint8',
  shape: [40, 50, 3],
  data: Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => (i * 7919) % 256),
}

describe('views', () => {
  test('of train rows differ from draw to draw and are the same for the same draw; other rows never change', async () => {
    const images = someImages({ numSamples: 40 })
    const rows = await run({ preset: 'greyscale-mri' }, images)
    expect(rows.isRandom).toBe(true)
    expect(rows.ids).toEqual(images.ids)
    for (const [row, partition] of images.partitions.entries()) {
      const original = await images.load(row)
      expect(await rows.load(row)).toEqual(original)
      const [first, again, second] = [await rows.load(row, 0), await rows.load(row, 0), await rows.load(row, 1)]
      expect(again).toEqual(first)
      if (partition === 'train') {
        expect(first.data).not.toEqual(second.data)
        expect(rows.parameters![row]).toEqual(expect.any(String))
      } else {
        expect(second).toEqual(original)
        expect(rows.parameters![row]).toBeNull()
      }
    }
  })
  test('of two rows with equal pixels differ, and come in the side that is asked for', async () => {
    const images = { ...someImages({ numSamples: 8 }), partitions: new Array<'train'>(8).fill('train'), load: () => Promise.resolve(picture) } // prettier-ignore
    const rows = await run({ preset: 'fundus' }, images)
    const [a, b] = [await rows.load(0, 3, 16), await rows.load(1, 3, 16)]
    expect(a.shape).toEqual([16, 16, 3])
    expect(a.data).not.toEqual(b.data)
    expect((await rows.load(0, 3)).shape).toEqual([40, 40, 3])
  })
  test('are drawn with parameters that can be told of: the published pairs take turns', () => {
    const options = optionsOf({ preset: 'published', pairs: [['rotate', 'flip'], ['zoom', 'blur']] }) // prettier-ignore
    for (let draw = 0; draw < 6; draw += 2) {
      const turned = viewOf(picture, options, { seed: 's', draw })
      expect(turned).toMatchObject({ isFlipped: true, zoom: 1, blurSigma: 0, colour: [], isGrey: false })
      expect(Math.abs(turned.rotationDegrees)).toBeLessThanOrEqual(15)
      expect(turned.rotationDegrees).not.toBe(0)
      expect(viewOf(picture, options, { seed: 's', draw: draw + 1 })).toMatchObject({ isFlipped: false, rotationDegrees: 0, zoom: 0.8, blurSigma: 1.7 / 224, crop: { top: 0, left: 0, height: 40, width: 50 } }) // prettier-ignore
    }
  })
  test('of a preset keep to it; what an option says replaces that part alone', () => {
    const xray = Array.from({ length: 50 }, (_, draw) => viewOf(picture, optionsOf({ preset: 'xray' }), { seed: 's', draw })) // prettier-ignore
    expect(xray.some(({ isFlipped, isUpsideDown }) => isFlipped || isUpsideDown)).toBe(false)
    expect(Math.max(...xray.map(({ rotationDegrees }) => Math.abs(rotationDegrees)))).toBeLessThanOrEqual(5)
    const scope = Array.from({ length: 50 }, (_, draw) => viewOf(picture, optionsOf({ preset: 'endoscopy', flip: 0 }), { seed: 's', draw })) // prettier-ignore
    expect(scope.some(({ isUpsideDown }) => isUpsideDown)).toBe(true)
    expect(scope.some(({ isFlipped }) => isFlipped)).toBe(false)
    for (const { colour } of scope) {
      for (const { change, amount } of colour)
        if (change === 'hue') expect(Math.abs(amount)).toBeLessThanOrEqual(viewPresets.endoscopy.hue)
    }
  })
})

describe('refused', () => {
  const plan = (options: Readonly<Record<string, unknown>>, spec: object = {}) => {
    const issues: { at: string; message: string; hint?: string | undefined }[] = []
    operation.plan!({
      options: checkedOptions(operation, options),
      inputs: { images: { kind: 'images', partitions: ['train', 'test'], ...spec } } as never,
      issue: (at, message, details) => issues.push({ at, message, hint: details?.hint }),
    })
    return issues
  }
  test('while planning: colour of one channel, no train rows, views of views, ranges that are reversed', () => {
    expect(plan({ preset: 'greyscale-mri', hue: 0.1 }, { channels: 1 })).toMatchObject([{ at: 'hue', hint: expect.stringContaining('hue: 0') as string }]) // prettier-ignore
    expect(plan({ preset: 'fundus' }, { channels: 1 })).toMatchObject([{ at: 'preset' }])
    expect(plan({ preset: 'fundus' }, { channels: 3 })).toEqual([])
    expect(plan({ preset: 'xray' }, { partitions: ['none'] })).toMatchObject([{ at: 'in:images' }])
    expect(plan({ preset: 'xray' }, { isRandom: true })).toMatchObject([{ at: 'in:images' }])
    expect(plan({ preset: 'xray', crop: [0.9, 0.5] })).toMatchObject([{ at: 'crop' }])
  })
  test('a crop above 1 and a preset that is none', () => {
    expect(() => checkedOptions(operation, { preset: 'xray', crop: [0.5, 1.5] })).toThrow(/crop/)
    expect(() => checkedOptions(operation, { preset: 'greyscale-mir' })).toThrow(/preset/)
  })
  test('colour of pictures that turn out to have none, before any view is made', async () => {
    const grey = { ...picture, data: picture.data.map((_, i) => Math.floor(i / 3) % 256) } as PixelImage
    const images = { ...someImages({ numSamples: 8 }), load: () => Promise.resolve(grey) }
    await expect(run({ preset: 'natural' }, images)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION', option: 'preset' }) // prettier-ignore
    await expect(run({ preset: 'xray', saturation: 0.2 }, images)).rejects.toMatchObject({ code: 'ERR_BAD_OPTION', option: 'saturation' }) // prettier-ignore
  })
})
