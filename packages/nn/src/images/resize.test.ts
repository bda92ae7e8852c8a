import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test as prop, fc } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { mixBits } from '../graph/random.js'
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
  expect(() => resize({ height: 2, width: 2, channels: 3, data: new Uint8Array(4) }, 1, 1)).toThrow(
    'raster of 2 x 2 x 3',
  )
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

/** Written by tools/peers/nn-resize.py. */
interface Fixtures {
  readonly peer: string
  readonly height: number
  readonly width: number
  readonly cases: readonly {
    readonly interpolation: 'bilinear' | 'bicubic'
    readonly height: number
    readonly width: number
    readonly pixels: string
  }[]
}
const fixtures = JSON.parse(readFileSync(join(import.meta.dirname, 'resize-fixtures.json'), 'utf8')) as Fixtures

test.each(fixtures.cases)(
  `is within one grey level of ${fixtures.peer}: $interpolation to $height x $width`,
  ({ interpolation, height, width, pixels }) => {
    const data = Uint8Array.from(
      { length: fixtures.height * fixtures.width * 3 },
      (_, i) => mixBits(Math.imul(i + 1, 0x9e3779b9) >>> 0) >>> 24,
    )
    const resized = resize({ height: fixtures.height, width: fixtures.width, channels: 3, data }, height, width, {
      interpolation,
    })
    const expected = Buffer.from(pixels, 'base64')
    expect(resized.data).toHaveLength(expected.length)
    const differences = expected.map((value, i) => Math.abs(value - resized.data[i]!))
    expect(Math.max(...differences)).toBeLessThanOrEqual(1)
    expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(0.02)
  },
)
