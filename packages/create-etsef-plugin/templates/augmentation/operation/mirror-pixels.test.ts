import { expect, test } from 'vitest'
import { mirrorPixels } from './mirror-pixels.js'

const picture = { dtype: 'uint8', shape: [1, 3, 1], data: Uint8Array.of(1, 2, 3) } as const

test('exchanges left and right', () => {
  expect([...mirrorPixels(picture).data]).toEqual([3, 2, 1])
})

test('twice is once too much', () => {
  expect(mirrorPixels(mirrorPixels(picture))).toEqual(picture)
})
