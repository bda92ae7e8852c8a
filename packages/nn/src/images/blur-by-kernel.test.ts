import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { blurByKernel } from './blur-by-kernel.js'
import { blurPlain } from './gaussian-blur-plain.js'
import { gaussianKernel } from './gaussian-blur.js'

test.each([
  [224, 224, 3, 2],
  [37, 23, 1, 1.7],
  [5, 9, 4, 0.4],
  // The kernel is longer than the picture.
  [3, 2, 3, 2.5],
  [1, 1, 1, 1],
])('%d × %d × %d, sigma %d: the bits of the plain loops', (height, width, channels, sigma) => {
  const rng = createRng('blur', height, width)
  const values = Float32Array.from({ length: height * width * channels }, () => rng.uniform(-255, 255))
  const kernel = gaussianKernel(sigma, 2 * Math.ceil(3 * sigma) + 1)
  const shape = [height, width, channels] as const
  const expected = blurPlain(values, shape, kernel)
  // Twice: what an earlier picture left in memory is not seen.
  for (let i = 0; i < 2; i++) {
    const out = new Float64Array(values.length)
    expect(blurByKernel(values, shape, kernel, out)).toBe(true)
    expect(out).toEqual(expected)
  }
})
test('a picture for which the memory does not suffice is left to the plain loops', () => {
  const values = new Float32Array(6_000_000)
  expect(blurByKernel(values, [2000, 1000, 3], gaussianKernel(1, 7), values)).toBe(false)
})
