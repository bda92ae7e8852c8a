import { expect, test } from 'vitest'
import { rightByClass } from './right-by-class.js'

test('by hand: the last row does not count', () => {
  const counts = rightByClass(Int32Array.of(0, 0, 1, 1), Int32Array.of(0, 1, 1, 1), {
    numClasses: 2,
    isCounted: (row) => row < 3,
  })
  expect(counts).toEqual([
    { right: 1, all: 2 },
    { right: 1, all: 1 },
  ])
})
