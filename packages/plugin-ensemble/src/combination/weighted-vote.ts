import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { topClasses } from './losses.js'
import type { Member } from './member.js'

/** `soft` averages scores, `hard` counts decided classes. */
export type Voting = 'soft' | 'hard'

/** A vote with its decisions. */
export interface VoteResult {
  /** `[numSamples, numClasses]`, rows sum to 1: mean scores (soft) or shares of votes (hard). */
  readonly scores: Matrix
  /** −1 where the tie rule found no winner. */
  readonly predicted: Int32Array
  /** Rows whose largest score was shared by several classes. */
  readonly numTies: number
  /** Rows left at −1. */
  readonly numRefused: number
}

/**
 * Weighted vote over fitted members.
 *
 * A tie goes to the class with the larger weighted sum of scores (hard) or votes (soft), then to the class named by the
 * best-ranked member among the tied ones, then to nobody (−1). No rule looks at the order of the classes.
 *
 * @param weights - One per member, ≥ 0, any scale; at least one above 0.
 * @param rank - Member indices, best first (by validation); left out, a tie that the sums do not settle is refused.
 * @throws RangeError for a negative or non-finite weight, another number of weights than members, or no weight above 0.
 */
export function weightedVote(
  members: readonly Member[],
  weights: ArrayLike<number>,
  voting: Voting,
  rank: readonly number[] = [],
): VoteResult {
  checkWeights(members, weights)
  const soft = averageScores(members, weights)
  const hard = voteShares(members, weights)
  const [scores, second] = voting === 'soft' ? [soft, hard] : [hard, soft]
  let [numTies, numRefused] = [0, 0]
  const predicted = Int32Array.from({ length: scores.numSamples }, (_, i) => {
    const top = topClasses(scores, i)
    if (top.length === 1) return top[0]!
    numTies++
    const winner = breakTie(top, second, i, members, rank)
    if (winner === -1) numRefused++
    return winner
  })
  return { scores, predicted, numTies, numRefused }
}

/** Weighted mean of the members' scores, `[numSamples, numClasses]`. */
export function averageScores(members: readonly Member[], weights: ArrayLike<number>): Matrix {
  const [first] = members
  if (!first) throw new RangeError('averageScores: no members')
  const result = matrix(first.scores.numSamples, first.scores.numFeatures)
  const total = sumOf(weights)
  members.forEach(({ scores }, m) => {
    const weight = weights[m]! / total
    if (weight !== 0) for (let at = 0; at < result.data.length; at++) result.data[at]! += weight * scores.data[at]!
  })
  return result
}

/** Share of the voting weight each class gets, `[numSamples, numClasses]`; zeros where every member abstained. */
export function voteShares(members: readonly Member[], weights: ArrayLike<number>): Matrix {
  const [first] = members
  if (!first) throw new RangeError('voteShares: no members')
  const { numSamples, numFeatures: numClasses } = first.scores
  const result = matrix(numSamples, numClasses)
  for (let i = 0; i < numSamples; i++) {
    let total = 0
    for (let m = 0; m < members.length; m++) {
      const choice = members[m]!.predicted[i]!
      if (choice < 0) continue
      result.data[i * numClasses + choice]! += weights[m]!
      total += weights[m]!
    }
    if (total > 0) for (let k = 0; k < numClasses; k++) result.data[i * numClasses + k]! /= total
  }
  return result
}

function breakTie(
  tied: readonly number[],
  second: Matrix,
  i: number,
  members: readonly Member[],
  rank: readonly number[],
): number {
  const among = matrix(
    1,
    tied.length,
    tied.map((k) => second.data[i * second.numFeatures + k]!),
  )
  const left = topClasses(among, 0).map((at) => tied[at]!)
  if (left.length === 1) return left[0]!
  for (const m of rank) {
    const choice = members[m]!.predicted[i]!
    if (left.includes(choice)) return choice
  }
  return -1
}

function checkWeights(members: readonly Member[], weights: ArrayLike<number>): void {
  const isBad = Array.from(weights).some((weight) => !(weight >= 0 && weight < Infinity))
  if (weights.length !== members.length || isBad || !(sumOf(weights) > 0)) {
    throw new RangeError(`weightedVote: weights [${Array.from(weights).join(', ')}] for ${members.length} members`)
  }
}

function sumOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0)
}
