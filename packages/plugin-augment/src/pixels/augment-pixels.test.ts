import { expect, test } from 'vitest'
import { augmentPixels } from './augment-pixels.js'

const nothing = { rotationDegrees: 0, isFlipped: false, zoom: 1, blurSigma: 0 }

test.each([
  ['uint8', Uint8Array.of(0, 128, 255, 7)],
  ['uint16', Uint16Array.of(0, 65535, 300, 7)],
  ['float32', Float32Array.of(0.25, -1, 3, 7)],
] as const)('keeps %s pixels when nothing is to be done', (dtype, data) => {
  const image = { dtype, shape: [2, 2, 1] as const, data }
  expect(augmentPixels(image, nothing, 'reflect')).toEqual(image)
})
test('blurs and rounds to the nearest value', () => {
  const image = { dtype: 'uint8' as const, shape: [1, 2, 1] as const, data: Uint8Array.of(0, 255) }
  // 255 · (0.00026387 + 0.10645077 + 0.00026387) = 27.28
  expect([...augmentPixels(image, { ...nothing, blurSigma: 0.5 }, 'reflect').data]).toEqual([27, 228])
})
