import { argmaxRows, takeRows, type Matrix } from '../linear-algebra/matrix.js'

/** What one base classifier says about the rows. All members of an ensemble speak of the same rows, in the same order. */
export interface Member {
  /** Node id in the YAML. */
  readonly name: string
  /** `[numSamples, numClasses]`, in class-list order. */
  readonly scores: Matrix
  /** `[numSamples]` class indices; −1 where the member abstained. */
  readonly predicted: Int32Array
}

/** A member from its scores; it predicts the class of the largest one. For tests and for scores without decisions. */
export function memberOf(name: string, scores: Matrix): Member {
  return { name, scores, predicted: argmaxRows(scores) }
}

/** The members on the given rows only. */
export function takeMemberRows(members: readonly Member[], indices: ArrayLike<number>): Member[] {
  return members.map(({ name, scores, predicted }) => ({
    name,
    scores: takeRows(scores, indices),
    predicted: Int32Array.from(indices, (i) => predicted[i]!),
  }))
}

/** Which members are right: `[numSamples, members.length]` of 0 and 1. An abstention is not right. */
export function correctness(members: readonly Member[], labels: Int32Array): Uint8Array {
  const width = members.length
  const correct = new Uint8Array(labels.length * width)
  members.forEach(({ predicted }, m) => {
    for (let i = 0; i < labels.length; i++) correct[i * width + m] = predicted[i] === labels[i] ? 1 : 0
  })
  return correct
}
