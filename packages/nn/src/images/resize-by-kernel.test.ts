import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test as prop, fc } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { mixBits } from '../graph/random.js'
import { axisKernel } from './axis-kernel.js'
import { resizeByKernel } from './resize-by-kernel.js'
import { resizePlain } from './resize-plain.js'

interface Case {
  readonly size: readonly [height: number, width: number]
  readonly target: readonly [height: number, width: number]
  readonly channels: number
  readonly seed: number
  readonly interpolation: 'bilinear' | 'bicubic' | 'nearest'
  readonly antialias: boolean
}

/** Grey levels of all kinds; with few levels, sums that end in one half are frequent. */
function pixels(length: number, seed: number): Uint8Array {
  const mask = seed % 3 === 0 ? 0x01 : 0xff
  return Uint8Array.from({ length }, (_, i) => mixBits((Math.imul(i + 1, 0x9e3779b9) ^ seed) >>> 0) & mask)
}

function expectSameBytes({ size, target, channels, seed, interpolation, antialias }: Case): void {
  const [height, width] = size
  const source = { height, width, channels, data: pixels(height * width * channels, seed) }
  const rows = axisKernel({ size: height, target: target[0], interpolation, antialias })
  const columns = axisKernel({ size: width, target: target[1], interpolation, antialias })
  const expected = resizePlain(source, rows, columns)
  const actual = resizeByKernel(source, rows, columns)!
  expect({ ...actual, data: undefined }).toEqual({ ...expected, data: undefined })
  expect(Buffer.compare(actual.data, expected.data)).toBe(0)
}

const side = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 90 }))
const anyCase: fc.Arbitrary<Case> = fc.record({
  size: fc.tuple(side, side),
  target: fc.tuple(side, side),
  channels: fc.constantFrom(1, 3),
  seed: fc.nat(),
  interpolation: fc.constantFrom('bilinear', 'bicubic', 'nearest'),
  antialias: fc.boolean(),
})

prop.prop([anyCase], { numRuns: 400 })('has the bytes of plain loops', (picture) => {
  expectSameBytes(picture)
})

test.each<Case>([
  // One row, one column, one pixel, rows in several strips with a rest, and wide rows that are strips of their own.
  { size: [1, 301], target: [96, 96], channels: 3, seed: 1, interpolation: 'bilinear', antialias: true },
  { size: [301, 1], target: [33, 7], channels: 3, seed: 2, interpolation: 'bicubic', antialias: true },
  { size: [1, 1], target: [5, 9], channels: 1, seed: 3, interpolation: 'bicubic', antialias: true },
  { size: [403, 397], target: [96, 96], channels: 3, seed: 4, interpolation: 'bilinear', antialias: true },
  { size: [1205, 301], target: [40, 31], channels: 1, seed: 5, interpolation: 'bilinear', antialias: true },
  { size: [6, 30_001], target: [3, 17], channels: 3, seed: 6, interpolation: 'bicubic', antialias: true },
  { size: [40, 40], target: [301, 299], channels: 3, seed: 7, interpolation: 'bicubic', antialias: false },
])('has the bytes of plain loops: $size to $target, $channels channels', (picture) => {
  expectSameBytes(picture)
})

test('leaves to plain loops what it does not do', () => {
  const axis = axisKernel({ size: 2, target: 1, interpolation: 'bilinear', antialias: true })
  for (const [channels, data] of [
    [2, new Uint8Array(8)],
    [4, new Uint8Array(16)],
    [3, new Float32Array(12)],
  ] as const) {
    expect(resizeByKernel({ height: 2, width: 2, channels, data }, axis, axis)).toBeUndefined()
  }
})

test('the binary is what the source gives', () => {
  const script = fileURLToPath(new URL('../../scripts/build-kernels.mjs', import.meta.url))
  const built = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' })
  expect(readFileSync(new URL('./image-kernels-binary.ts', import.meta.url), 'utf8')).toBe(built)
})
