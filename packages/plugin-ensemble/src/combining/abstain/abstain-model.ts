import type { Matrix } from '../../numeric/linear-algebra/matrix.js'

/** Largest minus second largest score of each row; the score itself with one class. */
export function margins(scores: Matrix): Float64Array {
  const { numSamples, numFeatures: numClasses, data } = scores
  return Float64Array.from({ length: numSamples }, (_, i) => {
    let [first, second] = [-Infinity, -Infinity]
    for (let k = 0; k < numClasses; k++) {
      const value = data[i * numClasses + k]!
      if (value > first) [first, second] = [value, first]
      else if (value > second) second = value
    }
    return numClasses === 1 ? first : first - second
  })
}

/** The decisions with −1 where the margin is below `threshold`. */
export function abstainBelow(predicted: Int32Array, scores: Matrix, threshold: number): Int32Array {
  const gaps = margins(scores)
  return predicted.map((choice, i) => (gaps[i]! < threshold ? -1 : choice))
}

/** What abstaining below a threshold costs and gains on labelled rows. */
export interface AbstentionPoint {
  readonly threshold: number
  /** Share of rows that keep their answer. */
  readonly coverage: number
  /** Share of right answers among them. */
  readonly accuracy: number
}

/** Every threshold that matters, ascending, with coverage and accuracy of the rows at or above it: the risk–coverage curve. */
export function abstentionCurve(predicted: Int32Array, scores: Matrix, labels: Int32Array): AbstentionPoint[] {
  const gaps = margins(scores)
  const order = Array.from(labels.keys()).filter((i) => predicted[i] !== -1)
  order.sort((a, b) => gaps[b]! - gaps[a]!)
  const points: AbstentionPoint[] = []
  let right = 0
  order.forEach((i, at) => {
    if (predicted[i] === labels[i]) right++
    const isLastOfEqual = at + 1 === order.length || gaps[order[at + 1]!]! < gaps[i]!
    if (isLastOfEqual) {
      points.push({ threshold: gaps[i]!, coverage: (at + 1) / labels.length, accuracy: right / (at + 1) })
    }
  })
  return points.reverse()
}

/**
 * The least threshold at which the answers that remain are right often enough: as few referrals as the wish allows.
 *
 * @param minAccuracy - Wanted share of right answers among those given, in [0, 1].
 * @returns `undefined` when no threshold reaches it on these rows.
 * @see Geifman and El-Yaniv 2017, Selective classification for deep neural networks (risk–coverage curve).
 */
export function thresholdForAccuracy(
  predicted: Int32Array,
  scores: Matrix,
  labels: Int32Array,
  minAccuracy: number,
): AbstentionPoint | undefined {
  return abstentionCurve(predicted, scores, labels).find(({ accuracy }) => accuracy >= minAccuracy)
}
