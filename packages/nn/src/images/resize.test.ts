import { test as prop, fc } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { resize } from './resize.js'

const ramp = { height: 4, width: 4, channels: 1, data: Float32Array.from({ length: 16 }, (_, i) => i) }

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance))
}

test('halves a ramp with half-pixel centres like torch 2.13 and OpenCV', () => {
  close(resize(ramp, 2, 2, { antialias: false }).data, [2.5, 4.5, 10.5, 12.5], 1e-6)
})

test('antialiases bilinear like PIL and torch', () => {
  close(resize(ramp, 2, 2).data, [3.5714, 5.1429, 9.8571, 11.4286], 1e-4)
})

test('antialiases bicubic like PIL', () => {
  close(resize(ramp, 2, 2, { interpolation: 'bicubic' }).data, [2.9339, 4.7603, 10.2397, 12.0661], 1e-4)
})

test('enlarges with half-pixel centres', () => {
  const small = { height: 2, width: 2, channels: 1, data: Float32Array.of(0, 1, 2, 3) }
  close(resize(small, 4, 4).data.slice(0, 4), [0, 0.25, 0.75, 1], 1e-6)
})

test('keeps bytes as bytes, rounded', () => {
  const bytes = { height: 1, width: 2, channels: 1, data: Uint8Array.of(0, 255) }
  expect([...resize(bytes, 1, 4).data]).toEqual([0, 64, 191, 255])
})

test('refuses a raster whose data does not fit its shape', () => {
  expect(() => resize({ height: 2, width: 2, channels: 3, data: new Uint8Array(4) }, 1, 1)).toThrow(RangeError)
})

prop.prop([
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 12 }),
])('leaves a constant picture constant', (height, width, toHeight, toWidth) => {
  const data = new Float32Array(height * width * 2).fill(0.75)
  for (const interpolation of ['bilinear', 'bicubic', 'nearest'] as const) {
    for (const value of resize({ height, width, channels: 2, data }, toHeight, toWidth, { interpolation }).data) {
      expect(value).toBeCloseTo(0.75, 6)
    }
  }
})
