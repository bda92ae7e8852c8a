import { PipelineError } from '@etsef/plugin-api'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'

/** What one member of the ensemble says about the same rows. */
export interface Ballot {
  /** `[numSamples, numClasses]`, rows sum to 1. */
  readonly probabilities: Matrix
  /** Class index per row; −1 abstains. */
  readonly predicted: Int32Array
}

/** Outcome of a vote. */
export interface VoteResult {
  /** Class index per row; −1 where every member abstained. */
  readonly predicted: Int32Array
  /** `[numSamples, numClasses]`: shares of the (weighted) votes, or mean probabilities of a soft vote. */
  readonly scores: Matrix
  /** 1 where the first rule left more than one class. */
  readonly tied: Uint8Array
  /** Share of rows with a tie. */
  readonly tieRate: number
}

/** How {@link hardVote} counts and what it does when probabilities leave a tie. */
export interface VoteOptions {
  /** Weight of each member, ≥ 0, default 1 each. */
  readonly weights?: readonly number[]
  /** Rank of each member on validation rows, 1 the best; decides ties that probabilities leave. */
  readonly ranks?: readonly number[]
  /** `refuse` (default) throws on a tie that no rule decides; `lowest` takes the lowest class index, as scikit-learn. */
  readonly unresolved?: 'refuse' | 'lowest'
}

/** Sums closer than this, relative, are equal: they may differ by the order of the members only. */
const tolerance = 1e-12

/**
 * Weighted plurality of the members' classes.
 *
 * Ties go to the class with the larger summed probability, then to the vote of the best-ranked member among the tied
 * classes, else the vote is refused. No rule looks at class indices, so renaming or reordering classes renames the
 * result and nothing else (scikit-learn gives ties to the lowest index, i.e. the alphabetically first class).
 *
 * @param ballots - One or more, over the same rows in the same order.
 * @throws PipelineError `ERR_BAD_DATA` for a tie no rule decides; `ERR_SHAPE_MISMATCH` for ballots that differ in size;
 * `ERR_BAD_OPTION` for weights or ranks of another length than the ballots, or weights that are all 0.
 */
export function hardVote(ballots: readonly Ballot[], options: VoteOptions = {}): VoteResult {
  const { numSamples, numClasses, weights } = checkBallots(ballots, options)
  const scores = matrix(numSamples, numClasses)
  const predicted = new Int32Array(numSamples)
  const tied = new Uint8Array(numSamples)
  for (let i = 0; i < numSamples; i++) {
    const votes = scores.data.subarray(i * numClasses, (i + 1) * numClasses)
    let total = 0
    ballots.forEach((ballot, m) => {
      const choice = ballot.predicted[i]!
      if (choice < 0) return
      votes[choice]! += weights[m]!
      total += weights[m]!
    })
    const leaders = total > 0 ? largest(votes) : []
    tied[i] = leaders.length > 1 ? 1 : 0
    predicted[i] = leaders.length > 1 ? breakTie(ballots, i, leaders, weights, options) : (leaders[0] ?? -1)
    if (total > 0) for (let c = 0; c < numClasses; c++) votes[c]! /= total
  }
  return { predicted, scores, tied, tieRate: rate(tied) }
}

/**
 * Class with the largest (weighted) mean probability.
 *
 * Equal means go to the class more members vote for, then to the best-ranked member, else the vote is refused.
 *
 * @throws PipelineError as {@link hardVote}.
 */
export function softVote(ballots: readonly Ballot[], options: VoteOptions = {}): VoteResult {
  const { numSamples, numClasses, weights } = checkBallots(ballots, options)
  const scores = matrix(numSamples, numClasses)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  ballots.forEach((ballot, m) => {
    for (let at = 0; at < scores.data.length; at++) {
      scores.data[at]! += (weights[m]! * ballot.probabilities.data[at]!) / total
    }
  })
  const predicted = new Int32Array(numSamples)
  const tied = new Uint8Array(numSamples)
  for (let i = 0; i < numSamples; i++) {
    const leaders = largest(scores.data.subarray(i * numClasses, (i + 1) * numClasses))
    tied[i] = leaders.length > 1 ? 1 : 0
    predicted[i] = leaders.length > 1 ? breakSoftTie(ballots, i, leaders, weights, options) : leaders[0]!
  }
  return { predicted, scores, tied, tieRate: rate(tied) }
}

function breakTie(
  ballots: readonly Ballot[],
  i: number,
  leaders: readonly number[],
  weights: readonly number[],
  options: VoteOptions,
): number {
  const sums = leaders.map((c) =>
    ballots.reduce((sum, { probabilities }, m) => {
      return sum + weights[m]! * probabilities.data[i * probabilities.numFeatures + c]!
    }, 0),
  )
  const best = largest(sums).map((at) => leaders[at]!)
  return best.length === 1 ? best[0]! : byRank(ballots, i, best, options)
}

function breakSoftTie(
  ballots: readonly Ballot[],
  i: number,
  leaders: readonly number[],
  weights: readonly number[],
  options: VoteOptions,
): number {
  const votes = leaders.map((c) =>
    ballots.reduce((sum, { predicted }, m) => sum + (predicted[i] === c ? weights[m]! : 0), 0),
  )
  const best = largest(votes).map((at) => leaders[at]!)
  return best.length === 1 ? best[0]! : byRank(ballots, i, best, options)
}

function byRank(ballots: readonly Ballot[], i: number, leaders: readonly number[], options: VoteOptions): number {
  const { ranks, unresolved = 'refuse' } = options
  if (ranks !== undefined) {
    const members = ballots.map((_, m) => m).sort((a, b) => ranks[a]! - ranks[b]!)
    for (const m of members) if (leaders.includes(ballots[m]!.predicted[i]!)) return ballots[m]!.predicted[i]!
  }
  if (unresolved === 'lowest') return Math.min(...leaders)
  throw new PipelineError('ERR_BAD_DATA', {
    message: `The vote on row ${i} is tied between classes ${leaders.join(', ')}, with equal summed probabilities`,
    expected: 'a tie that probabilities or validation ranks decide',
    received: `${leaders.length} classes with equal votes and probabilities`,
    hint: 'give the members validation ranks, use a soft vote, or set unresolved: lowest',
  })
}

/** Indices of the largest value and of those equal to it within rounding. */
function largest(values: ArrayLike<number>): number[] {
  let top = -Infinity
  for (let c = 0; c < values.length; c++) top = Math.max(top, values[c]!)
  const leaders: number[] = []
  for (let c = 0; c < values.length; c++) if (values[c]! >= top - tolerance * Math.abs(top)) leaders.push(c)
  return leaders
}

function rate(flags: Uint8Array): number {
  return flags.length === 0 ? 0 : flags.reduce((sum, flag) => sum + flag, 0) / flags.length
}

function checkBallots(
  ballots: readonly Ballot[],
  options: VoteOptions,
): { numSamples: number; numClasses: number; weights: readonly number[] } {
  const first = ballots[0]
  if (first === undefined) throw new PipelineError('ERR_MISSING_INPUT', { message: 'A vote needs at least one member' })
  const { numSamples, numFeatures: numClasses } = first.probabilities
  for (const { probabilities, predicted } of ballots) {
    if (
      probabilities.numSamples !== numSamples ||
      probabilities.numFeatures !== numClasses ||
      predicted.length !== numSamples
    ) {
      throw new PipelineError('ERR_SHAPE_MISMATCH', {
        message: 'The members of the vote differ in rows or classes',
        expected: `[${numSamples}, ${numClasses}]`,
        received: `[${probabilities.numSamples}, ${probabilities.numFeatures}]`,
      })
    }
  }
  const weights = options.weights ?? ballots.map(() => 1)
  for (const [option, list] of [
    ['weights', weights],
    ['ranks', options.ranks],
  ] as const) {
    if (list !== undefined && list.length !== ballots.length) {
      throw new PipelineError('ERR_BAD_OPTION', {
        message: `There are ${ballots.length} members and ${list.length} ${option}`,
        option,
        expected: `${ballots.length} numbers`,
        received: String(list.length),
      })
    }
  }
  if (weights.some((weight) => !(weight >= 0)) || weights.every((weight) => weight === 0)) {
    throw new PipelineError('ERR_BAD_OPTION', {
      message: 'Weights of a vote are 0 or more, and not all 0',
      option: 'weights',
      received: weights.join(', '),
    })
  }
  return { numSamples, numClasses, weights }
}
