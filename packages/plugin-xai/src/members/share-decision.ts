import { PipelineError } from '@etsef/plugin-api'
import { exactShapley } from '../shapley/exact-shapley.js'

/** Who carried one decision. */
export interface SharedDecision {
  /** Shapley value of each player. */
  readonly shares: Float64Array
  /** Value without any player. */
  readonly base: number
  /** Value with all. */
  readonly full: number
  /** |sum of the shares + base − full|. */
  readonly residual: number
}

/** Players for whom every coalition is asked. */
const maxPlayers = 12

/**
 * Shares of several decisions in which the same players take part: exact, by every coalition.
 *
 * @param ask - Values of a coalition for every decision; a coalition is a number whose bit i says that player i is in. Asked once each.
 * @throws PipelineError `ERR_TOO_LARGE` for more than 12 players, `ERR_NOT_FINITE` for a value that is no number.
 */
export async function shareDecisions(
  players: readonly string[],
  numDecisions: number,
  ask: (coalition: number) => Promise<ArrayLike<number>>,
): Promise<SharedDecision[]> {
  if (players.length > maxPlayers) {
    throw new PipelineError('ERR_TOO_LARGE', {
      message: `There are ${String(players.length)} players, whose coalitions are too many to ask for`,
      expected: `at most ${String(maxPlayers)}`,
      received: players.join(', '),
    })
  }
  const numCoalitions = 2 ** players.length
  const values = Array.from({ length: numDecisions }, () => new Float64Array(numCoalitions))
  for (let coalition = 0; coalition < numCoalitions; coalition++) {
    const found = await ask(coalition)
    for (const [decision, own] of values.entries()) own[coalition] = finite(found[decision]!, players, coalition)
  }
  return values.map((own) => {
    const shares = exactShapley(players.length, own)
    const [base, full] = [own[0]!, own[numCoalitions - 1]!]
    return { shares, base, full, residual: Math.abs(shares.reduce((sum, share) => sum + share, base) - full) }
  })
}

function finite(value: number, players: readonly string[], coalition: number): number {
  if (Number.isFinite(value)) return value
  throw new PipelineError('ERR_NOT_FINITE', {
    message: 'A vote of some members has no value that is a number',
    expected: 'a number',
    received: `${String(value)} of ${players.filter((_, i) => ((coalition >> i) & 1) === 1).join(', ')}`,
  })
}
