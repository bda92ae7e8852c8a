import { createRng, type PixelImage } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { augmentView } from './augment-view.js'
import { changeColours } from './color.js'
import { drawCrop } from './draw-view.js'
import { resize } from './resize.js'
import { viewPresets, type ViewOptions } from './view-options.js'

// Values of torchvision 0.28 on pixels in [0, 1], scaled to [0, 255].
describe('colour changes are torchvision’s', () => {
  const pixel = () => Float32Array.from([0.2, 0.5, 0.7], (value) => value * 255)
  const scaled = (pixels: Float32Array) => Array.from(pixels, (value) => value / 255)
  test.for([
    ['brightness 1.5', (p: Float32Array) => changeColours(p, [{ change: 'brightness', amount: 1.5 }]), [0.3, 0.75, 1]],
    [
      'saturation 0.5',
      (p: Float32Array) => changeColours(p, [{ change: 'saturation', amount: 0.5 }]),
      [0.31654, 0.46654, 0.56654],
    ],
    [
      'hue by a fifth of a turn',
      (p: Float32Array) => changeColours(p, [{ change: 'hue', amount: 0.2 }]),
      [0.5, 0.2, 0.7],
    ],
  ] as const)('%s', ([, change, expected]) => {
    const pixels = pixel()
    change(pixels)
    for (const [c, value] of scaled(pixels).entries()) expect(value).toBeCloseTo(expected[c]!, 4)
  })
  test('brightness multiplies: 1.5 of (100, 150, 200) is (150, 225, 255), not sharp’s (185, 233, 255)', () => {
    const pixels = Float32Array.of(100, 150, 200)
    changeColours(pixels, [{ change: 'brightness', amount: 1.5 }])
    expect([...pixels]).toEqual([150, 225, 255])
  })
  test('grey is ITU-601: red, green and blue are 76, 150 and 29, not linear light’s 127, 220 and 76', () => {
    const pixels = Float32Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255)
    changeColours(pixels, [{ change: 'saturation', amount: 0 }])
    expect(Array.from({ length: 9 }, (_, i) => Math.round(pixels[i]!))).toEqual([76, 76, 76, 150, 150, 150, 29, 29, 29])
  })
})

const still: ViewOptions = { ...viewPresets.grayscale, cropScale: [1, 1], flip: 0, jitter: 0, blur: 0 }
const picture = (height: number, width: number, at: (y: number, x: number, c: number) => number): PixelImage => ({
  dtype: 'uint8',
  shape: [height, width, 3],
  data: Uint8Array.from({ length: height * width * 3 }, (_, i) => at(Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3)), // prettier-ignore
})
const view = (image: PixelImage, side: number, options: ViewOptions, ...labels: (string | number)[]): Float32Array => {
  const target = new Float32Array(side * side * 3)
  augmentView(image, side, options, createRng('s', ...labels), target)
  return target
}

describe('a view', () => {
  const noise = picture(16, 16, (y, x, c) => ((y * 48 + x * 3 + c) * 7) % 256)
  test('differs from another, and equal seeds give equal views', () => {
    expect(view(noise, 16, viewPresets.color, 0)).toEqual(view(noise, 16, viewPresets.color, 0))
    expect(view(noise, 16, viewPresets.color, 0)).not.toEqual(view(noise, 16, viewPresets.color, 1))
    expect(Math.max(...view(noise, 16, viewPresets.color, 1))).toBeLessThanOrEqual(255)
  })
  test('of nothing is the picture, and a flip moves pixels exactly', () => {
    expect(Array.from(view(noise, 16, still))).toEqual(Array.from(noise.data))
    const flipped = picture(16, 16, (y, x, c) => noise.data[(y * 16 + 15 - x) * 3 + c]!)
    expect(Array.from(view(noise, 16, { ...still, flip: 1 }))).toEqual(Array.from(flipped.data))
  })
  test('is resized with antialias: stripes finer than its pixels become grey and do not alias', () => {
    const stripes = picture(96, 96, (_, x) => (x % 2 === 0 ? 0 : 255))
    for (const value of view(stripes, 24, still)) expect(Math.abs(value - 127.5)).toBeLessThan(12)
  })
  test('is cut from the picture as it was decoded: a crop keeps detail that shrinking first would lose', () => {
    const checks = picture(128, 128, (y, x) => ((x >> 1) + (y >> 1)) % 2 === 0 ? 0 : 255) // prettier-ignore
    const options = { ...still, cropScale: [0.0625, 0.0625] } as const
    const small = resize({ height: 128, width: 128, channels: 3, data: checks.data as Uint8Array }, 32, 32)
    const shrunk: PixelImage = { dtype: 'uint8', shape: [32, 32, 3], data: small.data }
    const contrast = (pixels: Float32Array) => Math.max(...pixels) - Math.min(...pixels)
    expect(contrast(view(shrunk, 32, options, 1))).toBeLessThan(40)
    expect(contrast(view(checks, 32, options, 1))).toBeGreaterThan(150)
  })
  test('blurs by what is mirrored at the edge: a constant picture stays constant', () => {
    const flat = picture(20, 20, () => 100)
    for (const value of view(flat, 20, { ...still, blur: 1, blurSigma: [0.1, 0.1] })) expect(value).toBeCloseTo(100, 3)
  })
  test('reads grey, 16-bit and transparent pictures', () => {
    const grey: PixelImage = { dtype: 'uint16', shape: [8, 8, 1], data: new Uint16Array(64).fill(257 * 40) }
    expect(Array.from(view(grey, 4, { ...still, cropScale: [0.5, 0.5] }))).toEqual(new Array(48).fill(40))
  })
})

describe('a crop', () => {
  test('keeps the asked share, in the picture, with an aspect of the square in [3/4, 4/3]', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { top, left, height, width } = drawCrop(300, 100, [0.3, 0.9], createRng(seed))
      expect(top >= 0 && left >= 0 && top + height <= 300 && left + width <= 100).toBe(true)
      const share = (height * width) / 30000
      if (share === 1) continue
      expect(share).toBeGreaterThan(0.28)
      expect(share).toBeLessThan(0.92)
      expect(width / 100 / (height / 300)).toBeGreaterThan(0.72)
      expect(width / 100 / (height / 300)).toBeLessThan(1.39)
    }
  })
})
