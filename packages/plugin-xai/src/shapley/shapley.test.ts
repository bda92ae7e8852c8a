import { createRng } from '@etsef/plugin-api'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { gameOf, games, rowGame, valueIn } from '../../fixtures/games.js'
import { estimateShapley, walkOrders } from './estimate-shapley.js'
import { exactShapley } from './exact-shapley.js'
import { kernelShapley } from './kernel-shapley.js'

/** B.5's function of three features, of a row or of what stands for it. */
const cubic = ([a, b, c]: readonly number[]): number => a! * a! * b! + 3 * b! + Math.max(c! - 1, 0)
const row = [2, 1, 3]

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((first) => permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]))
}

describe('exactShapley', () => {
  property.prop([games])('shares what all have over what none has', ({ numPlayers, values }) => {
    const sum = exactShapley(numPlayers, values).reduce((total, value) => total + value, 0)
    expect(sum).toBeCloseTo(values.at(-1)! - values[0]!, 9)
  })
  property.prop([games])('gives a player that changes nothing nothing', ({ numPlayers, values }) => {
    const deaf = [...values, ...values]
    expect(exactShapley(numPlayers + 1, deaf)[numPlayers]).toBe(0)
    exactShapley(numPlayers, values).forEach((value, i) =>
      expect(exactShapley(numPlayers + 1, deaf)[i]).toBeCloseTo(value, 9),
    )
  })
  property.prop([games])('gives equal players the same', ({ numPlayers, values }) => {
    // A game of the numbers of players only, with one more pair of players.
    const bySize = Array.from(
      { length: 2 ** numPlayers },
      (_, coalition) => values[coalition.toString(2).replaceAll('0', '').length]!,
    )
    const shares = exactShapley(numPlayers, bySize)
    for (const share of shares) expect(share).toBeCloseTo(shares[0]!, 9)
  })
  property.prop([games, fc.double({ min: -3, max: 3, noNaN: true })])(
    'is linear in the game',
    ({ numPlayers, values }, factor) => {
      const other = [...values].reverse()
      const both = exactShapley(
        numPlayers,
        values.map((value, i) => value + factor * other[i]!),
      )
      const [a, b] = [exactShapley(numPlayers, values), exactShapley(numPlayers, other)]
      both.forEach((value, i) => expect(value).toBeCloseTo(a[i]! + factor * b[i]!, 8))
    },
  )
})

describe('estimateShapley', () => {
  // Brute force; KernelExplainer, ExactExplainer and PermutationExplainer of shap 0.51.0 agree.
  test.each([
    [[[0, 0, 0]], [2, 5, 2], 0],
    [
      [
        [0, 0, 0],
        [1, 2, 0],
        [-1, 1, 4],
      ],
      [3.1666666667, -0.1666666667, 1],
      5,
    ],
  ])('enumerates what the budget allows, against backgrounds %j', async (backgrounds, expected, base) => {
    const found = await estimateShapley(rowGame(cubic, row, backgrounds), { budget: 100, rng: createRng(1) })
    expect(found).toMatchObject({ isExact: true, full: 9, base, numEvaluations: 1 + 7 * backgrounds.length })
    const kernel = await kernelShapley(rowGame(cubic, row, backgrounds), { budget: 100, rng: createRng(1) })
    // Every order once for each background.
    const orders = permutations([0, 1, 2]).flatMap((order) => backgrounds.map(() => order))
    const walked = await walkOrders(rowGame(cubic, row, backgrounds), orders)
    for (const { values } of [found, kernel, walked])
      values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 9))
  })

  property.prop([games.filter(({ numPlayers }) => numPlayers >= 2 && numPlayers <= 5)])(
    'gives over all orders what enumeration gives',
    async ({ numPlayers, values }) => {
      const game = gameOf(numPlayers, valueIn(values))
      const sampled = await walkOrders(game, permutations(Array.from({ length: numPlayers }, (_, i) => i)))
      exactShapley(numPlayers, values).forEach((value, i) => expect(sampled.values[i]).toBeCloseTo(value, 8))
    },
  )

  const rough = gameOf(
    12,
    (members, background) =>
      Math.tanh(members.reduce((sum, i) => sum + Math.sin(i * 5 + background), 0)) +
      members.filter((i) => i % 3 === 0).length ** 2 / 9,
    4,
  )

  test('comes to enumeration within its standard errors, sums exactly, and halves the error at four times the budget', async () => {
    const exact = await estimateShapley(rough, { budget: 1 + 4 * 4095, rng: createRng(1) })
    expect(exact.isExact).toBe(true)
    const error = async (budget: number): Promise<number> => {
      const found = await estimateShapley(rough, { budget, rng: createRng('sampler', budget) })
      expect(found.isExact).toBe(false)
      expect(found.numEvaluations).toBeLessThanOrEqual(budget)
      expect(found.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(found.full - found.base, 10)
      found.values.forEach((value, i) =>
        expect(Math.abs(value - exact.values[i]!)).toBeLessThan(4.5 * found.standardErrors[i]!),
      )
      return found.standardErrors.reduce((sum, value) => sum + value, 0) / 12
    }
    const [few, many] = [await error(5 + 22 * 100), await error(5 + 22 * 400)]
    expect(few / many).toBeGreaterThan(1.7)
    expect(few / many).toBeLessThan(2.3)
  })

  test('refuses a budget below two pairs of orders, naming both numbers', async () => {
    await expect(estimateShapley(rough, { budget: 40, rng: createRng(1) })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      option: 'budget',
      expected: expect.stringContaining('at least 49') as string,
    })
  })

  test('gives one player everything', async () => {
    const found = await estimateShapley(
      gameOf(1, (members) => 3 * members.length + 1),
      { budget: 2, rng: createRng(1) },
    )
    expect(found).toMatchObject({ values: Float64Array.of(3), standardErrors: Float64Array.of(0), base: 1, full: 4 })
  })
})
