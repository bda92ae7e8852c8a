import { describe, expect, test } from 'vitest'
import { mostRelevantPart } from './most-relevant-part.js'

const flat = (rows: readonly (readonly number[])[]) => ({
  map: rows.flat(),
  shape: [rows.length, rows[0]!.length] as const,
})

describe('mostRelevantPart', () => {
  test('points to the middle of the superpixel that got most, not to a dense small one', () => {
    const { map, shape } = flat([
      [5, 0, 0, 0, 0],
      [0, 1, 1, 1, 0],
      [0, 1, 1, 1, 0],
      [0, 1, 1, 1, -9],
    ])
    expect(mostRelevantPart(map, shape)).toBe(2 * 5 + 2)
  })
  test('stays inside of a superpixel whose centroid is not', () => {
    const { map, shape } = flat([
      [2, 2, 2],
      [2, 0, 2],
      [2, 0, 2],
    ])
    expect(map[mostRelevantPart(map, shape)!]).toBe(2)
  })
  test('tells parts of equal value apart that do not touch, across the edge of a row, too', () => {
    const { map, shape } = flat([
      [0, 0, 1],
      [1, 0, 0],
      [1, 0, 0],
    ])
    expect(mostRelevantPart(map, shape)).toBe(3)
  })
  test('points nowhere where nothing is positive', () => {
    expect(mostRelevantPart([0, -1, 0, 0], [2, 2])).toBeUndefined()
  })
})
