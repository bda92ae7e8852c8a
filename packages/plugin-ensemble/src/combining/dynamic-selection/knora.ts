/** `eliminate` keeps the members right on the most nearest neighbours in a row; `union` weighs each by its right ones. */
export type KnoraRule = 'eliminate' | 'union'

/**
 * Voting weights of the members for one query, from which of them were right near it.
 *
 * - `eliminate` (KNORA-E): weight 1 for the members that are right on the k nearest neighbours, with k lowered until some
 *   member is; 0 for the others.
 * - `union` (KNORA-U): the number of neighbours a member is right on.
 *
 * When nobody is right on any of the needed neighbours, every member weighs 1.
 *
 * @param correct - Rows of 0 and 1, `[numKnown, numMembers]`: who is right on which row with a known label.
 * @param neighbours - Row numbers in `correct`, nearest first.
 * @see Ko, Sabourin and Britto 2008, From dynamic classifier selection to dynamic ensemble selection; DESlib 73cb18b.
 */
export function knoraWeights(
  correct: Uint8Array,
  numMembers: number,
  neighbours: ArrayLike<number>,
  rule: KnoraRule,
): Float64Array {
  const weights =
    rule === 'union' ? numRight(correct, numMembers, neighbours) : oracles(correct, numMembers, neighbours)
  return weights.some((weight) => weight > 0) ? weights : weights.fill(1)
}

function numRight(correct: Uint8Array, numMembers: number, neighbours: ArrayLike<number>): Float64Array {
  const counts = new Float64Array(numMembers)
  for (let at = 0; at < neighbours.length; at++) {
    for (let m = 0; m < numMembers; m++) counts[m]! += correct[neighbours[at]! * numMembers + m]!
  }
  return counts
}

/** Members with the longest run of right neighbours from the nearest on: what shrinking k step by step ends with. */
function oracles(correct: Uint8Array, numMembers: number, neighbours: ArrayLike<number>): Float64Array {
  const runs = new Float64Array(numMembers)
  for (let m = 0; m < numMembers; m++) {
    while (runs[m]! < neighbours.length && correct[neighbours[runs[m]!]! * numMembers + m] === 1) runs[m]!++
  }
  const longest = runs.reduce((most, run) => Math.max(most, run), 0)
  return runs.map((run) => (longest > 0 && run === longest ? 1 : 0))
}
