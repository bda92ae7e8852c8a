import { createRng } from '@etsef/plugin-api'
import { fc, test as propertyTest } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { gridCandidates, gridSize, randomCandidates } from './candidates.js'
import { exhaustiveSearch, halvingShares, successiveHalving, type Evaluate } from './search.js'

describe('candidates', () => {
  test('of a grid are all combinations, the last option changing fastest', () => {
    expect(gridCandidates({ a: [1, 2], b: ['x', null] })).toEqual([
      { a: 1, b: 'x' },
      { a: 1, b: null },
      { a: 2, b: 'x' },
      { a: 2, b: null },
    ])
    expect(gridCandidates({})).toEqual([{}])
    expect(() => gridCandidates({ a: { low: 0, high: 1 } })).toThrow(RangeError)
  })
  test('drawn from a small grid are the grid', () => {
    const space = { a: [1, 2], b: [3, 4] }
    expect(gridSize(space)).toBe(4)
    const drawn = randomCandidates(space, 10, createRng(1))
    expect(drawn).toHaveLength(4)
    expect(drawn).toEqual(expect.arrayContaining(gridCandidates(space)))
  })
  propertyTest.prop([fc.integer(), fc.integer({ min: 1, max: 30 })])(
    'drawn from ranges lie inside them and differ',
    (seed, count) => {
      const space = {
        c: { low: 0.001, high: 1000, scale: 'log' },
        depth: { low: 2, high: 200, integer: true },
        kind: ['a', 'b'],
      } as const
      const drawn = randomCandidates(space, count, createRng(seed))
      expect(drawn).toHaveLength(count)
      expect(new Set(drawn.map((candidate) => JSON.stringify(candidate))).size).toBe(count)
      for (const { c, depth, kind } of drawn) {
        expect(c).toBeGreaterThanOrEqual(0.001)
        expect(c).toBeLessThanOrEqual(1000)
        expect(Number.isInteger(depth) && Number(depth) >= 2 && Number(depth) <= 200).toBe(true)
        expect(['a', 'b']).toContain(kind)
      }
      expect(randomCandidates(space, count, createRng(seed))).toEqual(drawn)
    },
  )
  test('on a log scale fall evenly into decades', () => {
    const space = { c: { low: 0.01, high: 100, scale: 'log' } } as const
    const small = randomCandidates(space, 1000, createRng(2)).filter(({ c }) => Number(c) < 1).length
    expect(Math.abs(small - 500)).toBeLessThan(60)
  })
  test('of a whole-number range are all as likely, its ends too', () => {
    const counts = [0, 0, 0]
    for (let seed = 0; seed < 600; seed++) {
      const [drawn] = randomCandidates({ k: { low: 1, high: 3, integer: true } }, 1, createRng(seed))
      counts[Number(drawn!['k']) - 1]!++
    }
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(45)
  })
})

/** Candidates `{ x }` with the loss (x − 3)², plus noise that more rows take away. */
const bowl: Evaluate = ({ x }, share) =>
  Promise.resolve({ loss: (Number(x) - 3) ** 2 + 0.02 * (1 - share) * Math.sin(7 * Number(x)), tieBreak: 0 })
const xs = Array.from({ length: 27 }, (_, at) => ({ x: at / 4 }))

describe('search', () => {
  test('over all candidates finds the least loss, and lists every trial', async () => {
    const { trials, best } = await exhaustiveSearch(xs, bowl)
    expect(xs[best]).toEqual({ x: 3 })
    expect(trials).toHaveLength(27)
    expect(trials.every(({ share }) => share === 1)).toBe(true)
  })
  test('breaks ties by the second loss, then takes the earlier candidate', async () => {
    const level = [{ x: 0 }, { x: 1 }, { x: 2 }]
    const second: Evaluate = ({ x }) => Promise.resolve({ loss: 1, tieBreak: x === 2 ? 0 : 1 })
    expect((await exhaustiveSearch(level, second)).best).toBe(2)
    expect((await exhaustiveSearch(level, () => Promise.resolve({ loss: 1, tieBreak: 1 }))).best).toBe(0)
  })
  test('never takes a candidate whose loss is not a number', async () => {
    const odd: Evaluate = ({ x }) => Promise.resolve({ loss: x === 0 ? NaN : 5, tieBreak: 0 })
    expect((await exhaustiveSearch([{ x: 0 }, { x: 1 }], odd)).best).toBe(1)
  })
  test('by halving judges 27, 9 and 3 candidates on a ninth, a third and all rows', async () => {
    expect(halvingShares(27, 3)).toEqual([1 / 9, 1 / 3, 1])
    const { trials, best } = await successiveHalving(xs, 3, bowl)
    expect([1 / 9, 1 / 3, 1].map((share) => trials.filter((trial) => trial.share === share).length)).toEqual([27, 9, 3])
    expect(xs[best]).toEqual({ x: 3 })
  })
  test('by halving needs one round for one candidate, and for fewer than the factor', () => {
    expect(halvingShares(1, 3)).toEqual([1])
    expect(halvingShares(3, 3)).toEqual([1])
    expect(halvingShares(4, 3)).toEqual([1 / 3, 1])
  })
  test('refuses to search nothing', async () => {
    await expect(exhaustiveSearch([], bowl)).rejects.toThrow(RangeError)
    await expect(successiveHalving([], 3, bowl)).rejects.toThrow(RangeError)
  })
})
