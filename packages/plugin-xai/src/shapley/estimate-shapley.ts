import { PipelineError, type Rng } from '@etsef/plugin-api'
import { exactShapley } from './exact-shapley.js'

/** A coalition whose value is asked for. */
export interface Coalition {
  /** 1 for each player that is in. */
  readonly players: Uint8Array
  /** What stands for the players that are out: a number below `numBackgrounds`. */
  readonly background: number
}

/** A game whose values cost something. */
export interface Game {
  readonly numPlayers: number
  /** Ways in which absent players can be replaced; the game is the mean over them. */
  readonly numBackgrounds: number
  /** Values of coalitions, in their order. */
  evaluate(this: void, coalitions: readonly Coalition[]): Promise<Float64Array>
}

/** Shapley values as far as the budget goes. */
export interface ShapleyEstimate {
  readonly values: Float64Array
  /** Standard error of each value; 0 where all coalitions were asked for. */
  readonly standardErrors: Float64Array
  /** Mean value without any player. */
  readonly base: number
  /** Value with all players. */
  readonly full: number
  /** Values that were asked for. */
  readonly numEvaluations: number
  readonly isExact: boolean
}

/** How {@link estimateShapley} spends. */
export interface EstimateOptions {
  /** Most values that may be asked for. */
  readonly budget: number
  readonly rng: Rng
}

/**
 * Shapley values of a game within a budget: of all coalitions where it allows that, else from random orders of players.
 *
 * Each order is walked forth and back (antithetic: what comes late in one comes early in the other), and each pair has one background, all of them as
 * often but for one time. Values sum to the full value minus the base, exactly, whatever the budget. The standard error falls with the root of the budget.
 *
 * @throws PipelineError `ERR_BAD_OPTION` when the budget does not reach for two pairs.
 * @see Castro et al. 2009, Polynomial calculation of the Shapley value based on sampling; Mitchell et al. 2022, Sampling Permutations for Shapley
 * Value Estimation, JMLR 23
 */
export async function estimateShapley(game: Game, { budget, rng }: EstimateOptions): Promise<ShapleyEstimate> {
  const { numPlayers, numBackgrounds } = game
  if (numPlayers <= 12 && 1 + numBackgrounds * (2 ** numPlayers - 1) <= budget) return enumerate(game)
  const perPair = 2 * (numPlayers - 1)
  const numPairs = Math.floor((budget - 1 - numBackgrounds) / perPair)
  if (numPairs < 2) throw budgetTooSmall(game, budget)
  const orders = Array.from({ length: numPairs }, () => rng.shuffle(Array.from({ length: numPlayers }, (_, i) => i)))
  return walkOrders(game, orders)
}

/** Every coalition, with every background. */
async function enumerate(game: Game): Promise<ShapleyEstimate> {
  const { numPlayers, numBackgrounds } = game
  const numCoalitions = 2 ** numPlayers
  const everyone = numCoalitions - 1
  // With everybody in, nothing is replaced: one value serves all backgrounds.
  const asked: Coalition[] = [{ players: membersOf(everyone, numPlayers), background: 0 }]
  for (let background = 0; background < numBackgrounds; background++)
    for (let coalition = 0; coalition < everyone; coalition++)
      asked.push({ players: membersOf(coalition, numPlayers), background })
  const found = await game.evaluate(asked)
  const means = new Float64Array(numCoalitions)
  means[everyone] = found[0]!
  for (let i = 1; i < found.length; i++) means[(i - 1) % everyone]! += found[i]! / numBackgrounds
  return {
    values: exactShapley(numPlayers, means),
    standardErrors: new Float64Array(numPlayers),
    base: means[0]!,
    full: found[0]!,
    numEvaluations: asked.length,
    isExact: true,
  }
}

function membersOf(coalition: number, numPlayers: number): Uint8Array {
  return Uint8Array.from({ length: numPlayers }, (_, i) => (coalition >> i) & 1)
}

/**
 * The mean over given orders, each walked forth and back.
 *
 * @param orders - Players in the order in which they join, one list a pair.
 */
export async function walkOrders(game: Game, orders: readonly (readonly number[])[]): Promise<ShapleyEstimate> {
  const { numPlayers, numBackgrounds } = game
  const numUsed = Math.min(numBackgrounds, orders.length)
  const asked: Coalition[] = [
    { players: new Uint8Array(numPlayers).fill(1), background: 0 },
    ...Array.from({ length: numUsed }, (_, background) => ({ players: new Uint8Array(numPlayers), background })),
  ]
  orders.forEach((order, pair) => {
    const background = pair % numUsed
    for (const walk of [order, [...order].reverse()]) {
      const players = new Uint8Array(numPlayers)
      for (const player of walk.slice(0, -1)) {
        players[player] = 1
        asked.push({ players: players.slice(), background })
      }
    }
  })
  const found = await game.evaluate(asked)
  const full = found[0]!
  const samples = orders.map((order, pair) => {
    const empty = found[1 + (pair % numUsed)]!
    const own = new Float64Array(numPlayers)
    ;[order, [...order].reverse()].forEach((walk, turn) => {
      const start = 1 + numUsed + (2 * pair + turn) * (numPlayers - 1)
      walk.forEach((player, i) => {
        const before = i === 0 ? empty : found[start + i - 1]!
        const after = i === numPlayers - 1 ? full : found[start + i]!
        own[player]! += (after - before) / 2
      })
    })
    return { own, empty }
  })
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const values = Float64Array.from({ length: numPlayers }, (_, i) => mean(samples.map(({ own }) => own[i]!)))
  return {
    values,
    standardErrors: values.map((value, i) => {
      const squares = samples.reduce((sum, { own }) => sum + (own[i]! - value) ** 2, 0)
      return Math.sqrt(squares / Math.max(1, samples.length - 1) / samples.length)
    }),
    base: mean(samples.map(({ empty }) => empty)),
    full,
    numEvaluations: asked.length,
    isExact: false,
  }
}

function budgetTooSmall({ numPlayers, numBackgrounds }: Game, budget: number): PipelineError {
  return new PipelineError('ERR_BAD_OPTION', {
    message: `A budget of ${String(budget)} evaluations is too small for ${String(numPlayers)} players`,
    option: 'budget',
    expected: `at least ${String(1 + numBackgrounds + 4 * (numPlayers - 1))}: two orders of the players, forth and back, with ${String(numBackgrounds)} backgrounds`,
    received: String(budget),
    hint: 'raise the budget, or take fewer players or backgrounds',
  })
}
