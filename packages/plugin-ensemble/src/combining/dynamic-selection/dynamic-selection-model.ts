import { searcher, type Metric } from '../../classifiers/knn/nearest-neighbours.js'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { hardVote } from '../vote/vote-model.js'
import { knoraWeights, type KnoraRule } from './knora.js'
import { takeMemberRows, type Member } from '../members/member.js'

/** A prediction per row with what was selected for it. */
export interface DynamicSelection {
  /** `[numSamples, numClasses]` shares of the weighted votes. */
  readonly scores: Matrix
  readonly predicted: Int32Array
  /** Members with a vote, summed over the rows. */
  readonly numSelected: number
  /** 1 where the vote was tied. */
  readonly tied: Uint8Array
}

/** Rows with known labels, and who is right on them. */
export interface KnownOracles {
  /** `[numKnown, numFeatures]`, the space in which rows are near; two rows or more. */
  readonly x: Matrix
  /** `[numKnown, numMembers]` of 0 and 1: see `correctness`. */
  readonly correct: Uint8Array
}

/**
 * Dynamic ensemble selection by k-nearest oracles, over the same known rows for many batches.
 *
 * @param options - `neighbors` is lowered to the number of known rows − 1.
 * @returns Votes on rows: what the members say of them, where they are, and which known row each one is (−1: none). Neighbours are known
 * rows; a row is never its own neighbour, so known rows get an honest prediction too.
 * @see {@link knoraWeights}
 */
export function dynamicSelector(
  { x: known, correct }: KnownOracles,
  options: {
    readonly rule: KnoraRule
    readonly neighbors: number
    readonly metric: Metric
    /** Rank of each member, 1 the best, for votes that sums leave tied. */
    readonly ranks?: readonly number[]
  },
): (members: readonly Member[], x: Matrix, own: ArrayLike<number>) => DynamicSelection {
  const ranks = options.ranks === undefined ? {} : { ranks: options.ranks }
  const k = Math.min(options.neighbors, known.numSamples - 1)
  const search = searcher(known, options.metric)
  return (members, x, own) => {
    const { numSamples, numFeatures: numClasses } = members[0]!.probabilities
    // One more than needed: a known row finds itself, and drops itself.
    const { indices } = search(x, k + 1)
    const scores = matrix(numSamples, numClasses)
    const predicted = new Int32Array(numSamples)
    const tied = new Uint8Array(numSamples)
    let numSelected = 0
    for (let i = 0; i < numSamples; i++) {
      const near = Array.from(indices.subarray(i * (k + 1), (i + 1) * (k + 1))).filter((at) => at !== own[i])
      const weights = knoraWeights(correct, members.length, near.slice(0, k), options.rule)
      const vote = hardVote(takeMemberRows(members, [i]), { weights: Array.from(weights), ...ranks })
      scores.data.set(vote.scores.data, i * numClasses)
      predicted[i] = vote.predicted[0]!
      tied[i] = vote.tied[0]!
      numSelected += weights.filter((weight) => weight > 0).length
    }
    return { scores, predicted, numSelected, tied }
  }
}
