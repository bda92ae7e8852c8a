import type { PixelImage } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { mixBits } from '../graph/random.js'
import { toSquareRgb } from './to-square-rgb.js'

const [height, width] = [41, 29]
const red = Uint8Array.from({ length: height * width }, (_, i) => mixBits(i + 1) & 255)

/** A picture whose channels are given pixel by pixel. */
function picture(channels: number, valueOf: (level: number, channel: number) => number): PixelImage {
  const data = Uint8Array.from({ length: red.length * channels }, (_, i) =>
    valueOf(red[Math.floor(i / channels)]!, i % channels),
  )
  return { shape: [height, width, channels], dtype: 'uint8', data }
}

const grey = picture(1, (level) => level)
const rgb = picture(3, (level) => level)

test.each([16, 29, 64])('grey is repeated and alpha dropped, at %i px', (side) => {
  const expected = toSquareRgb(rgb, side)
  expect(expected).toHaveLength(side * side * 3)
  expect(toSquareRgb(grey, side)).toEqual(expected)
  const colour = picture(3, (level, channel) => level ^ (85 * channel))
  const withAlpha = picture(4, (level, channel) => (channel === 3 ? 9 : level ^ (85 * channel)))
  expect(toSquareRgb(withAlpha, side)).toEqual(toSquareRgb(colour, side))
  expect(
    toSquareRgb(
      picture(2, (level, channel) => (channel === 1 ? 9 : level)),
      side,
    ),
  ).toEqual(expected)
})

test('16 bits are scaled to 8 after resizing', () => {
  const deep: PixelImage = { ...grey, dtype: 'uint16', data: Uint16Array.from(red, (level) => level * 257) }
  const floats: PixelImage = { ...grey, dtype: 'float32', data: Float32Array.from(red) }
  expect(toSquareRgb(deep, 17)).toEqual(toSquareRgb(floats, 17))
})

test('a picture of the right size is copied', () => {
  for (const channels of [1, 3]) {
    const data = new Uint8Array(4 * channels).fill(7)
    const square = toSquareRgb({ shape: [2, 2, channels], dtype: 'uint8', data }, 2)
    square.fill(1)
    expect(data).toEqual(new Uint8Array(4 * channels).fill(7))
  }
})

test('results of earlier pictures stay when the next is resized', () => {
  const first = toSquareRgb(rgb, 16)
  const kept = first.slice()
  toSquareRgb(
    picture(3, (level) => 255 - level),
    16,
  )
  expect(first).toEqual(kept)
})

test('refuses more than four channels', () => {
  expect(() =>
    toSquareRgb(
      picture(5, () => 0),
      16,
    ),
  ).toThrow(expect.objectContaining({ code: 'ERR_SHAPE_MISMATCH' }))
})
