import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import type { Member } from '../members/member.js'

/** Least probability whose logarithm is taken. */
const floor = 1e-6

/**
 * What the final estimator of a stack sees: the scores of all members side by side.
 *
 * @returns `[numSamples, numMembers · numClasses]`; logarithms are of probabilities held above 1e-6.
 */
export function stackedScores(members: readonly Member[], inputs: 'probability' | 'logProbability'): Matrix {
  const [first] = members
  if (!first) throw new RangeError('stackedScores: no members')
  const { numSamples, numFeatures: numClasses } = first.probabilities
  const result = matrix(numSamples, members.length * numClasses)
  members.forEach(({ probabilities: { data } }, m) => {
    for (let i = 0; i < numSamples; i++) {
      for (let k = 0; k < numClasses; k++) {
        const p = data[i * numClasses + k]!
        result.data[i * result.numFeatures + m * numClasses + k] =
          inputs === 'probability' ? p : Math.log(Math.max(floor, p))
      }
    }
  })
  return result
}

/** Names of the columns of {@link stackedScores}: `member/class`. */
export function stackedNames(members: readonly { readonly name: string }[], classNames: readonly string[]): string[] {
  return members.flatMap(({ name }) => classNames.map((className) => `${name}/${className}`))
}
