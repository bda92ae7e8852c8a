import { createRng } from '@etsef/plugin-api'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { gameOf, games, valueIn } from '../../fixtures/games.js'
import { estimateShapley } from './estimate-shapley.js'
import { exactShapley } from './exact-shapley.js'
import { chooseCoalitions, kernelShapley } from './kernel-shapley.js'

const all = { budget: 10_000, rng: createRng(1) }

describe('the weights', () => {
  // The Shapley kernel (M − 1) / (C(M, s) s (M − s)) of a coalition: for three players 1/3 each, for four 1/4, 1/8, 1/4; here they sum to 1.
  test.each([
    [3, [1, 1]],
    [4, [2, 1, 2]],
  ])('of %i players are in the proportion of the kernel', (numPlayers, proportion) => {
    const chosen = chooseCoalitions(numPlayers, 100, createRng(1))
    expect(chosen).toHaveLength(2 ** numPlayers - 2)
    const unit = chosen.find(({ players }) => players.filter(Boolean).length === 2)!.weight
    for (const { players, weight, draw } of chosen) {
      expect(draw).toBeUndefined()
      expect(weight / unit).toBeCloseTo(proportion[players.filter(Boolean).length - 1]! / proportion[1]!, 12)
    }
    expect(chosen.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12)
  })

  property.prop([fc.integer({ min: 2, max: 20 }), fc.integer({ min: 0, max: 300 })])(
    'sum to 1 whatever is drawn, which comes with its complement',
    (numPlayers, more) => {
      const chosen = chooseCoalitions(numPlayers, 2 * numPlayers + 2 + more, createRng(more))
      expect(chosen.length).toBeLessThanOrEqual(2 * numPlayers + 2 + more)
      expect(chosen.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 10)
      const drawn = chosen.filter(({ draw }) => draw !== undefined)
      for (let i = 0; i < drawn.length; i += 2)
        drawn[i]!.players.forEach((isIn, player) => expect(isIn + drawn[i + 1]!.players[player]!).toBe(1))
    },
  )
})

describe('kernelShapley', () => {
  property.prop([games])('has with every coalition the values of enumeration', async ({ numPlayers, values }) => {
    const found = await kernelShapley(gameOf(numPlayers, valueIn(values)), all)
    expect(found.isExact).toBe(true)
    expect(found.base).toBeCloseTo(values[0]!, 12)
    exactShapley(numPlayers, values).forEach((value, i) => expect(found.values[i]).toBeCloseTo(value, 8))
    expect([...found.standardErrors]).toEqual(new Array(numPlayers).fill(0))
  })

  property.prop([games, fc.integer({ min: 0, max: 60 })])(
    'shares what all have over what none has, whatever the budget',
    async ({ numPlayers, values }, more) => {
      const budget = 2 + 2 * numPlayers + more
      const found = await kernelShapley(gameOf(numPlayers, valueIn(values)), { budget, rng: createRng(more) })
      expect(found.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(values.at(-1)! - values[0]!, 9)
      expect(found.numEvaluations).toBeLessThanOrEqual(budget)
    },
  )

  test('is exact for a sum of players with any draws, and has no standard error there', async () => {
    const game = gameOf(15, (members) => members.reduce((sum, i) => sum + Math.sin(i), 1))
    const found = await kernelShapley(game, { budget: 120, rng: createRng(3) })
    expect(found.isExact).toBe(false)
    found.values.forEach((value, i) => expect(value).toBeCloseTo(Math.sin(i), 10))
    expect(Math.max(...found.standardErrors)).toBeLessThan(1e-10)
  })

  const rough = gameOf(
    12,
    (members, background) =>
      Math.tanh(members.reduce((sum, i) => sum + Math.sin(i * 5 + background), 0)) +
      members.filter((i) => i % 3 === 0).length ** 2 / 9,
    2,
  )

  test('comes to enumeration within its standard errors, which fall with the budget', async () => {
    const exact = await estimateShapley(rough, { budget: 10_000, rng: createRng(1) })
    const error = async (budget: number): Promise<number> => {
      const found = await kernelShapley(rough, { budget, rng: createRng('kernel', budget) })
      expect(found.isExact).toBe(false)
      found.values.forEach((value, i) =>
        expect(Math.abs(value - exact.values[i]!)).toBeLessThan(4.5 * found.standardErrors[i]!),
      )
      return found.standardErrors.reduce((sum, value) => sum + value, 0) / 12
    }
    const [few, many] = [await error(400), await error(1200)]
    expect(few).toBeGreaterThan(1.5 * many)
  })

  test('refuses a budget below each player alone and left out, naming both numbers', async () => {
    await expect(kernelShapley(rough, { budget: 50, rng: createRng(1) })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      option: 'budget',
      expected: expect.stringContaining('at least 51') as string,
      received: '50',
    })
    expect((await kernelShapley(rough, { budget: 51, rng: createRng(1) })).numEvaluations).toBe(51)
  })

  test('gives one player everything', async () => {
    const found = await kernelShapley(
      gameOf(1, (members) => 3 * members.length + 1),
      { budget: 2, rng: createRng(1) },
    )
    expect(found).toMatchObject({ values: Float64Array.of(3), base: 1, full: 4 })
  })
})
