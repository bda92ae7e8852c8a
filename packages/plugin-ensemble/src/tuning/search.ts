import type { Candidate } from './candidates.js'

/** Losses of a candidate on held-out rows; smaller is better. */
export interface Losses {
  readonly loss: number
  /** Decides between candidates of equal `loss`. */
  readonly tieBreak: number
}

/** A line of the results table. */
export interface Trial extends Losses {
  /** Number of the candidate, from 0 on. */
  readonly candidate: number
  readonly options: Candidate
  /** Share of the training rows it was fitted on: below 1 in the early rounds of successive halving. */
  readonly share: number
}

/** Judges a candidate fitted on a share of the training rows. */
export type Evaluate = (options: Candidate, share: number) => Promise<Losses>

/** All trials, and the number of the candidate that won. */
export interface SearchResult {
  readonly trials: readonly Trial[]
  readonly best: number
}

/**
 * Judges every candidate on all rows.
 *
 * @returns The one with the least loss; of equal ones that with the least tie-break, then the earliest.
 * @throws RangeError without candidates.
 */
export async function exhaustiveSearch(candidates: readonly Candidate[], evaluate: Evaluate): Promise<SearchResult> {
  const trials = await judge([...candidates.keys()], candidates, 1, evaluate)
  return { trials, best: rank(trials)[0]! }
}

/**
 * Successive halving: all candidates on few rows, the best `1 / factor` of them on `factor` times as many, and so on until
 * all rows are used.
 *
 * @param factor - Above 1; larger drops candidates faster.
 * @see Jamieson and Talwalkar 2016, Non-stochastic best arm identification and hyperparameter optimization.
 */
export async function successiveHalving(
  candidates: readonly Candidate[],
  factor: number,
  evaluate: Evaluate,
): Promise<SearchResult> {
  const trials: Trial[] = []
  let alive = [...candidates.keys()]
  for (const share of halvingShares(candidates.length, factor)) {
    const round = await judge(alive, candidates, share, evaluate)
    trials.push(...round)
    alive = rank(round).slice(0, share === 1 ? 1 : Math.max(1, Math.ceil(alive.length / factor)))
  }
  if (alive.length === 0) throw new RangeError('successiveHalving: no candidates')
  return { trials, best: alive[0]! }
}

/** Share of the rows in each round, ascending to 1: as many rounds as it takes to come down to about one candidate. */
export function halvingShares(numCandidates: number, factor: number): number[] {
  let rounds = 1
  for (let left = numCandidates; left > 1; left = Math.ceil(left / factor)) rounds++
  // The last round but one may already leave a single candidate, which needs no further judging on its own.
  rounds = Math.max(1, rounds - 1)
  return Array.from({ length: rounds }, (_, round) => factor ** (round + 1 - rounds))
}

async function judge(
  numbers: readonly number[],
  candidates: readonly Candidate[],
  share: number,
  evaluate: Evaluate,
): Promise<Trial[]> {
  const trials: Trial[] = []
  for (const candidate of numbers) {
    const options = candidates[candidate]!
    trials.push({ candidate, options, share, ...(await evaluate(options, share)) })
  }
  return trials
}

/** Candidate numbers, best first; losses that are not numbers come last. */
function rank(trials: readonly Trial[]): number[] {
  if (trials.length === 0) throw new RangeError('search: no candidates')
  const worst = (value: number): number => (Number.isNaN(value) ? Infinity : value)
  const compare = (a: number, b: number): number => (worst(a) === worst(b) ? 0 : worst(a) - worst(b))
  return [...trials]
    .sort((a, b) => compare(a.loss, b.loss) || compare(a.tieBreak, b.tieBreak) || a.candidate - b.candidate)
    .map(({ candidate }) => candidate)
}
