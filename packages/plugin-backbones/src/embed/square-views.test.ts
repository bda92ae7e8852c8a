import { createRng } from '@etsef/plugin-api'
import { expect, test } from 'vitest'
import { numViews, squareView, ttaModes } from './square-views.js'

const picture = Uint8Array.from([1, 2, 3, 4].flatMap((value) => [value, 10 * value, 20 * value]))
const red = (pixels: Uint8Array): number[] => Array.from(pixels.filter((_, i) => i % 3 === 0))
const viewsOf = (mode: (typeof ttaModes)[number], pixels = picture, side = 2): Uint8Array[] =>
  Array.from({ length: numViews(mode) }, (_, i) => squareView(pixels, side, mode, i))

test('flip mirrors left and right', () => {
  expect(viewsOf('horizontalFlip').map(red)).toEqual([
    [1, 2, 3, 4],
    [2, 1, 4, 3],
  ])
})

test('bothFlips mirrors on both axes, flipsAndRotations adds quarter turns', () => {
  const flips = [
    [1, 2, 3, 4],
    [2, 1, 4, 3],
    [3, 4, 1, 2],
    [4, 3, 2, 1],
  ]
  expect(viewsOf('bothFlips').map(red)).toEqual(flips)
  const all = viewsOf('flipsAndRotations').map(red)
  expect(all.slice(0, 4)).toEqual(flips)
  // Transposed; turned left and right; transposed on the other diagonal.
  expect(all.slice(4).sort()).toEqual([
    [1, 3, 2, 4],
    [2, 4, 1, 3],
    [3, 1, 4, 2],
    [4, 2, 3, 1],
  ])
})

test('pixels move whole, and each picture of a batch by itself', () => {
  const side = 5
  const rng = createRng('views')
  const batch = Uint8Array.from({ length: 2 * side * side * 3 }, () => rng.integer(256))
  const half = batch.length / 2
  for (const mode of ttaModes) {
    const together = viewsOf(mode, batch, side)
    const first = viewsOf(mode, batch.slice(0, half), side)
    const second = viewsOf(mode, batch.slice(half), side)
    together.forEach((view, i) => expect([...view]).toEqual([...first[i]!, ...second[i]!]))
    for (const view of together) expect(Uint8Array.from(view).sort()).toEqual(Uint8Array.from(batch).sort())
    expect(new Set(together.map((view) => view.join())).size).toBe(numViews(mode))
  }
})
