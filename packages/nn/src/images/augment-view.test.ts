import { createRng } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { augmentView, blur, scaleColour, shiftHue, viewPresets } from './augment-view.js'

// Values of torchvision 0.28 on pixels in [0, 1] (conformance.md B.2), scaled to [0, 255].
describe('colour changes are torchvision’s', () => {
  const pixel = () => Float32Array.from([0.2, 0.5, 0.7], (value) => value * 255)
  const scaled = (pixels: Float32Array) => Array.from(pixels, (value) => value / 255)
  test.for([
    ['brightness 1.5', (p: Float32Array) => scaleColour(p, 'brightness', 1.5), [0.3, 0.75, 1]],
    ['saturation 0.5', (p: Float32Array) => scaleColour(p, 'saturation', 0.5), [0.31654, 0.46654, 0.56654]],
    ['hue by a fifth of a turn', (p: Float32Array) => shiftHue(p, 0.2), [0.5, 0.2, 0.7]],
  ] as const)('%s', ([, change, expected]) => {
    const pixels = pixel()
    change(pixels)
    for (const [c, value] of scaled(pixels).entries()) expect(value).toBeCloseTo(expected[c]!, 4)
  })

  test('blur keeps a constant picture and spreads a point as a Gaussian', () => {
    const flat = new Float32Array(9 * 9 * 3).fill(100)
    blur(flat, 9, 1)
    for (const value of flat) expect(value).toBeCloseTo(100, 3)
    const point = new Float32Array(9 * 9 * 3)
    point[(4 * 9 + 4) * 3] = 1
    blur(point, 9, 0.5)
    // sigma 0.5: centre weight 0.78657 in one direction.
    expect(point[(4 * 9 + 4) * 3]).toBeCloseTo(0.78657073 ** 2, 3)
    expect(point.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
  })

  test('two views of a picture differ, and equal seeds give equal views', () => {
    const picture = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 7) % 256)
    const view = (label: number) => {
      const target = new Float32Array(picture.length)
      augmentView(picture, 16, viewPresets.color, createRng('s', label), target)
      return target
    }
    expect(view(0)).toEqual(view(0))
    expect(view(0)).not.toEqual(view(1))
    expect(Math.max(...view(1))).toBeLessThanOrEqual(255)
  })
})
