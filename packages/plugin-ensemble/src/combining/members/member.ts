import { argmaxRows, takeRows, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import type { Ballot } from '../vote/vote-model.js'

/** What one base classifier says about the rows. All members of an ensemble speak of the same rows, in the same order. */
export interface Member extends Ballot {
  /** Node id in the YAML. */
  readonly name: string
}

/** A member that predicts the class it gives the largest probability. */
export function memberOf(name: string, probabilities: Matrix): Member {
  return { name, probabilities, predicted: argmaxRows(probabilities) }
}

/** The members on the given rows only. */
export function takeMemberRows(members: readonly Member[], indices: ArrayLike<number>): Member[] {
  return members.map(({ name, probabilities, predicted }) => ({
    name,
    probabilities: takeRows(probabilities, indices),
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
