/**
 * Exact Shapley values of a game whose value is known for every coalition.
 *
 * They sum to the value of all players minus that of none (efficiency); equal players get the same (symmetry); one that changes nothing gets 0
 * (dummy); and the values of a sum of games are the sums of the values (linearity).
 *
 * @param numPlayers - 0 to 20: the values are 2^numPlayers numbers.
 * @param values - Value of each coalition, at the number whose bit i says that player i is in: 2^numPlayers numbers.
 * @returns float64 `[numPlayers]`.
 * @see Shapley 1953, A Value for n-Person Games
 */
export function exactShapley(numPlayers: number, values: ArrayLike<number>): Float64Array {
  const shares = new Float64Array(numPlayers)
  const weights = coalitionWeights(numPlayers)
  for (let coalition = 0; coalition < 2 ** numPlayers; coalition++) {
    const weight = weights[countBits(coalition)]!
    for (let player = 0; player < numPlayers; player++) {
      const bit = 1 << player
      if ((coalition & bit) === 0) shares[player]! += weight * (values[coalition | bit]! - values[coalition]!)
    }
  }
  return shares
}

/** Weight of what a player adds to a coalition of each size: size! (n − size − 1)! / n!. */
function coalitionWeights(numPlayers: number): Float64Array {
  const weights = new Float64Array(numPlayers)
  let choices = 1
  for (let size = 0; size < numPlayers; size++) {
    weights[size] = 1 / (numPlayers * choices)
    choices = (choices * (numPlayers - 1 - size)) / (size + 1)
  }
  return weights
}

function countBits(value: number): number {
  let count = 0
  for (let rest = value; rest > 0; rest &= rest - 1) count++
  return count
}
