import { PipelineError, type Rng } from '@etsef/plugin-api'
import type { EstimateOptions, Game, ShapleyEstimate } from './estimate-shapley.js'
import { symmetricSolver } from './symmetric-solver.js'

/**
 * Kernel SHAP: the additive function of the players that is nearest to the game, coalitions weighed by the Shapley kernel, with the full value and that of
 * nobody held exactly. With every coalition it has the Shapley values.
 *
 * Each coalition is asked for with all backgrounds. Sizes are taken from the outside in (one in and one out, two in and two out, …) as long as the budget holds
 * all of a size; the rest is drawn, each with its complement. The smallest and largest size are always whole, so that the values are determined.
 * Standard errors are those of the drawn part (sandwich estimate).
 *
 * @throws PipelineError `ERR_BAD_OPTION` when the budget does not reach for each player alone and left out.
 * @see Lundberg and Lee 2017, A Unified Approach to Interpreting Model Predictions; Covert and Lee 2021, Improving KernelSHAP, arXiv:2012.01536;
 *   shap 0.51.0 `KernelExplainer`.
 */
export async function kernelShapley(game: Game, { budget, rng }: EstimateOptions): Promise<ShapleyEstimate> {
  const { numPlayers, numBackgrounds } = game
  const numCoalitions = Math.floor((budget - 1) / numBackgrounds) - 1
  const needed = numPlayers === 1 ? 0 : Math.min(2 * numPlayers, 2 ** numPlayers - 2)
  if (numCoalitions < needed) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: `A budget of ${String(budget)} evaluations is too small for ${String(numPlayers)} players`,
      option: 'budget',
      expected: `at least ${String(1 + numBackgrounds * (1 + needed))}: each player alone and left out, with ${String(numBackgrounds)} backgrounds`,
      received: String(budget),
      hint: 'raise the budget, or take fewer players or backgrounds',
    })
  }
  const asked = chooseCoalitions(numPlayers, numCoalitions, rng)
  const everyone = new Uint8Array(numPlayers).fill(1)
  const each = [new Uint8Array(numPlayers), ...asked.map(({ players }) => players)]
  const found = await game.evaluate([
    { players: everyone, background: 0 },
    ...each.flatMap((players) => Array.from({ length: numBackgrounds }, (_, background) => ({ players, background }))),
  ])
  const full = found[0]!
  const [base, ...means] = each.map((_, i) => {
    const own = found.subarray(1 + i * numBackgrounds, 1 + (i + 1) * numBackgrounds)
    return own.reduce((sum, value) => sum + value, 0) / numBackgrounds
  }) as [number, ...number[]]
  return {
    ...fitAdditive(asked, means, { numPlayers, base, full }),
    ...{ base, full, numEvaluations: found.length, isExact: !asked.some(({ draw }) => draw !== undefined) },
  }
}

/** A coalition with its weight in the fit. */
export interface WeighedCoalition {
  readonly players: Uint8Array
  readonly weight: number
  /** Number of the draw that it came by, with its complement; absent where all of its size are there. */
  readonly draw?: number
}

/** Weight of all coalitions of a size together, by the Shapley kernel: (M − 1) / (size (M − size)). */
function weightOfSize(numPlayers: number, size: number): number {
  return (numPlayers - 1) / (size * (numPlayers - size))
}

/** The coalitions of a fit; weights sum to 1. Neither nobody nor everybody is among them. */
export function chooseCoalitions(numPlayers: number, numCoalitions: number, rng: Rng): WeighedCoalition[] {
  const weights = Array.from({ length: numPlayers - 1 }, (_, i) => weightOfSize(numPlayers, i + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const chosen: WeighedCoalition[] = []
  const half = Math.floor(numPlayers / 2)
  let size = 1
  let weightLeft = 1
  for (; size <= half; size++) {
    const sizes = 2 * size === numPlayers ? [size] : [size, numPlayers - size]
    const share = (sizes.length * weights[size - 1]!) / total
    const number = sizes.length * binomial(numPlayers, size)
    // As many as the draws would bring: all of them are no dearer.
    const brought = ((numCoalitions - chosen.length) * share) / weightLeft
    if (number > numCoalitions - chosen.length || (size > 1 && brought < number * (1 - 1e-8))) break
    for (const own of sizes)
      for (const players of subsets(numPlayers, own)) chosen.push({ players, weight: share / number })
    weightLeft -= share
  }
  const numDraws = size > half ? 0 : Math.floor((numCoalitions - chosen.length) / 2)
  const open = Array.from({ length: half - size + 1 }, (_, i) => size + i)
  const shares = open.map((own) => (2 * own === numPlayers ? 1 : 2) * weights[own - 1]!)
  for (let draw = 0; draw < numDraws; draw++) {
    const own = open[drawFrom(shares, rng)]!
    const order = rng.shuffle(Array.from({ length: numPlayers }, (_, i) => i))
    const players = new Uint8Array(numPlayers)
    for (const player of order.slice(0, own)) players[player] = 1
    const weight = weightLeft / (2 * numDraws)
    chosen.push({ players, weight, draw }, { players: players.map((isIn) => 1 - isIn), weight, draw })
  }
  return chosen
}

function drawFrom(shares: readonly number[], rng: Rng): number {
  let left = rng.next() * shares.reduce((sum, share) => sum + share, 0)
  const at = shares.findIndex((share) => (left -= share) < 0)
  return at < 0 ? shares.length - 1 : at
}

function binomial(n: number, k: number): number {
  let result = 1
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i
  return Math.round(result)
}

function* subsets(numPlayers: number, size: number): Generator<Uint8Array> {
  const members = Array.from({ length: size }, (_, i) => i)
  for (;;) {
    const players = new Uint8Array(numPlayers)
    for (const player of members) players[player] = 1
    yield players
    let at = size - 1
    while (at >= 0 && members[at] === numPlayers - size + at) at--
    if (at < 0) return
    members[at]!++
    for (let i = at + 1; i < size; i++) members[i] = members[i - 1]! + 1
  }
}

/** Weighted least squares in which the last player has what the others leave of the whole. */
function fitAdditive(
  coalitions: readonly WeighedCoalition[],
  means: readonly number[],
  { numPlayers, base, full }: { readonly numPlayers: number; readonly base: number; readonly full: number },
): Pick<ShapleyEstimate, 'values' | 'standardErrors'> {
  const free = numPlayers - 1
  const gain = full - base
  if (free === 0) return { values: Float64Array.of(gain), standardErrors: new Float64Array(1) }
  const rows = coalitions.map(({ players }) =>
    Float64Array.from({ length: free }, (_, j) => players[j]! - players[free]!),
  )
  const wanted = coalitions.map(({ players }, i) => means[i]! - base - players[free]! * gain)
  const normal = new Float64Array(free * free)
  const right = new Float64Array(free)
  rows.forEach((row, i) => {
    const { weight } = coalitions[i]!
    for (let j = 0; j < free; j++) {
      if (row[j] === 0) continue
      right[j]! += weight * row[j]! * wanted[i]!
      for (let k = 0; k < free; k++) normal[j * free + k]! += weight * row[j]! * row[k]!
    }
  })
  const solve = symmetricSolver(normal, free)
  const own = solve(right)
  const completed = (values: Float64Array, sum: number): Float64Array =>
    Float64Array.of(...values, sum - values.reduce((total, value) => total + value, 0))
  // What each draw alone would move the values by, were it the only one.
  const moves = new Map<number, Float64Array>()
  const numDraws = coalitions.reduce((most, { draw = -1 }) => Math.max(most, draw + 1), 0)
  coalitions.forEach(({ weight, draw }, i) => {
    if (draw === undefined) return
    const misfit = wanted[i]! - own.reduce((sum, value, j) => sum + value * rows[i]![j]!, 0)
    const move = moves.get(draw) ?? new Float64Array(free)
    rows[i]!.forEach((value, j) => (move[j]! += numDraws * weight * misfit * value))
    moves.set(draw, move)
  })
  const moved = [...moves.values()].map((move) => completed(solve(move), 0))
  const standardErrors = Float64Array.from({ length: numPlayers }, (_, j) => {
    const mean = moved.reduce((sum, move) => sum + move[j]!, 0) / Math.max(1, numDraws)
    const squares = moved.reduce((sum, move) => sum + (move[j]! - mean) ** 2, 0)
    return Math.sqrt(squares / Math.max(1, numDraws - 1) / Math.max(1, numDraws))
  })
  return { values: completed(own, gain), standardErrors }
}
