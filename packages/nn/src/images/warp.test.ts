import type { PixelImage } from '@etsef/plugin-api'
import { describe, expect, test } from 'vitest'
import { reflect } from './border.js'
import { warpImage, type Warp } from './warp.js'

const rows = (...values: readonly (readonly number[])[]): PixelImage => ({
  dtype: 'uint8',
  shape: [values.length, values[0]!.length, 1],
  data: Uint8Array.from(values.flat()),
})
const image = rows([0, 13, 26, 39, 52], [7, 25, 43, 61, 79], [28, 51, 74, 0, 23], [63, 91, 22, 50, 78])
const still: Warp = { rotationDegrees: 0, isFlipped: false, zoom: 1 }
const expectClose = (actual: Float64Array, expected: readonly number[]): void => {
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 8)
  })
  expect(actual.length).toBe(expected.length)
}

describe('warpImage', () => {
  // scipy 1.17.1 ndimage.affine_transform, order 1, about the centre; its mode 'reflect' mirrors at the edge, 'grid-constant' blends with 0.
  test('turns by 15 degrees as scipy does, mirrored beyond the edge', () => {
    expectClose(
      warpImage(image, { ...still, rotationDegrees: 15 }, 'reflect'),
      [
        5.932899896, 18.489935638, 32.015077067, 50.971289744, 67.356232471, 6.557346296, 24.843685993, 45.654683061,
        46.020306433, 49.058190085, 16.771821282, 41.766521749, 70.506455095, 20.155095797, 45.494735835, 43.093772723,
        69.235280641, 49.620014381, 38.175523242, 65.221446378,
      ],
    )
  })
  test('turns by 15 degrees as scipy does, black beyond the edge', () => {
    expectClose(
      warpImage(image, { ...still, rotationDegrees: 15 }, 'black'),
      [
        3.165042917, 14.64943207, 32.015077067, 50.971289744, 45.796834748, 6.557346296, 24.843685993, 45.654683061,
        46.020306433, 46.05282771, 15.744359801, 41.766521749, 70.506455095, 20.155095797, 45.494735835, 29.300308459,
        69.235280641, 49.620014381, 30.246169886, 34.793891775,
      ],
    )
  })
  test('flips, shrinks and turns together as scipy does', () => {
    expectClose(
      warpImage(image, { rotationDegrees: -10, isFlipped: true, zoom: 0.8 }, 'reflect'),
      [
        54.365359496, 46.235800317, 30.232674331, 14.229548344, 0, 61.157526482, 61.08924894, 42.927280854,
        19.008248893, 3.152622971, 53.229390939, 19.64894588, 66.650844816, 40.722555221, 21.309072431, 78,
        47.351742028, 44.465732986, 75.415199317, 59.933793246,
      ],
    )
  })
  test('moves pixels exactly for a flip and for quarter turns, counter-clockwise', () => {
    expect([...warpImage(rows([1, 2, 3]), { ...still, isFlipped: true }, 'black')]).toEqual([3, 2, 1])
    expect([...warpImage(rows([1, 2], [3, 4]), { ...still, rotationDegrees: 90 }, 'black')]).toEqual([2, 4, 1, 3])
    expect([...warpImage(rows([1, 2], [3, 4]), { ...still, rotationDegrees: 180 }, 'black')]).toEqual([4, 3, 2, 1])
  })
  test('gives the picture back after two flips, and after a turn and its opposite by 180', () => {
    const flipped = { ...image, data: Uint8Array.from(warpImage(image, { ...still, isFlipped: true }, 'reflect')) }
    expect([...warpImage(flipped, { ...still, isFlipped: true }, 'reflect')]).toEqual([...image.data])
  })
  test('shows black borders when it shrinks on black, and none when mirrored', () => {
    const white = { ...rows([0]), shape: [8, 8, 1] as const, data: new Uint8Array(64).fill(255) }
    const corners = (border: 'black' | 'reflect') =>
      [0, 7, 56, 63].map((i) => warpImage(white, { ...still, zoom: 0.7 }, border)[i]!)
    expect(corners('reflect')).toEqual([255, 255, 255, 255])
    for (const value of corners('black')) expect(value).toBeLessThan(100)
  })
  test('keeps channels apart and the input alone', () => {
    const colour: PixelImage = { dtype: 'uint8', shape: [1, 2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) }
    expect([...warpImage(colour, { ...still, isFlipped: true }, 'reflect')]).toEqual([4, 5, 6, 1, 2, 3])
    expect([...colour.data]).toEqual([1, 2, 3, 4, 5, 6])
  })
})

test('reflect mirrors at the edge, for any distance', () => {
  expect([-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7].map((i) => reflect(i, 3))).toEqual([
    2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1,
  ])
})
