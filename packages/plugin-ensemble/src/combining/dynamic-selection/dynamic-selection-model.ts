import { nearestNeighbours, type Metric } from '../../classifiers/knn/nearest-neighbours.js'
import { matrix, takeRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { hardVote } from '../vote/vote-model.js'
import { knoraWeights, type KnoraRule } from './knora.js'
import { correctness, takeMemberRows, type Member } from '../members/member.js'

/** A prediction per row with what was selected for it. */
export interface DynamicSelection {
  /** `[numSamples, numClasses]` shares of the weighted votes. */
  readonly scores: Matrix
  readonly predicted: Int32Array
  /** Mean number of members with a vote. */
  readonly meanSelected: number
  /** Share of rows with a tie. */
  readonly tieRate: number
}

/**
 * Dynamic ensemble selection by k-nearest oracles.
 *
 * Neighbours are rows with known labels; a row is never its own neighbour, so known rows get an honest prediction too.
 *
 * @param x - `[numSamples, numFeatures]`, the space in which rows are near.
 * @param known - Positions of the rows with known labels; two or more.
 * @param labels - Their labels, in the order of `known`.
 * @param options - `neighbors` is lowered to the number of known rows − 1.
 * @see {@link knoraWeights}
 */
export function dynamicSelection(
  members: readonly Member[],
  x: Matrix,
  known: readonly number[],
  labels: Int32Array,
  options: {
    readonly rule: KnoraRule
    readonly neighbors: number
    readonly metric: Metric
    /** Rank of each member, 1 the best, for votes that sums leave tied. */
    readonly ranks?: readonly number[]
  },
): DynamicSelection {
  const ranks = options.ranks === undefined ? {} : { ranks: options.ranks }
  const { numSamples, numFeatures: numClasses } = members[0]!.probabilities
  const knownMembers = takeMemberRows(members, known)
  const correct = correctness(knownMembers, labels)
  const k = Math.min(options.neighbors, known.length - 1)
  // One more than needed: a known row finds itself, and drops itself.
  const { indices } = nearestNeighbours(takeRows(x, known), x, k + 1, options.metric)
  const own = new Map(known.map((row, at) => [row, at]))
  const scores = matrix(numSamples, numClasses)
  const predicted = new Int32Array(numSamples)
  let [numSelected, numTied] = [0, 0]
  for (let i = 0; i < numSamples; i++) {
    const near = Array.from(indices.subarray(i * (k + 1), (i + 1) * (k + 1))).filter((at) => at !== own.get(i))
    const weights = knoraWeights(correct, members.length, near.slice(0, k), options.rule)
    const vote = hardVote(takeMemberRows(members, [i]), { weights: Array.from(weights), ...ranks })
    scores.data.set(vote.scores.data, i * numClasses)
    predicted[i] = vote.predicted[0]!
    numSelected += weights.filter((weight) => weight > 0).length
    numTied += vote.tied[0]!
  }
  return { scores, predicted, meanSelected: numSelected / numSamples, tieRate: numTied / numSamples }
}
