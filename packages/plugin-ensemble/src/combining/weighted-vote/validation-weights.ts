import { balancedErrorOf } from '../members/losses.js'
import type { Member } from '../members/member.js'

/**
 * How weights follow from rows with known labels.
 *
 * - `balancedAccuracy`: balanced accuracy above chance, 0 for a member at or below chance.
 * - `logOdds`: log of (right / wrong) above chance, the best weights for a vote of independent members.
 * - `mixture`: the shares with the least log loss of the weighted mean of probabilities.
 */
export type WeightRule = 'balancedAccuracy' | 'logOdds' | 'mixture'

/**
 * Weights of members, ≥ 0 with sum 1, learned from labelled rows the members were not fitted on.
 *
 * Equal weights come out when no member is better than chance (`balancedAccuracy`, `logOdds`).
 *
 * @param labels - One per row; at least one row.
 * @see Kuncheva 2014, Combining Pattern Classifiers, 4.3 (log-odds); EM for mixture shares, Dempster et al. 1977.
 */
export function validationWeights(members: readonly Member[], labels: Int32Array, rule: WeightRule): Float64Array {
  if (rule === 'mixture') return mixtureWeights(members, labels)
  const numClasses = members[0]?.probabilities.numFeatures ?? 0
  const raw = Float64Array.from(members, ({ predicted }) => {
    if (rule === 'balancedAccuracy') {
      return Math.max(0, 1 - balancedErrorOf(predicted, labels, numClasses) - 1 / numClasses)
    }
    const right = labels.reduce((count, label, i) => count + (predicted[i] === label ? 1 : 0), 0)
    // Half a row on each side keeps the weight of a faultless member finite.
    const odds = (right + 0.5) / (labels.length - right + 0.5)
    return Math.max(0, Math.log(odds) + Math.log(numClasses - 1))
  })
  const total = raw.reduce((sum, weight) => sum + weight, 0)
  return total > 0 ? raw.map((weight) => weight / total) : raw.fill(1 / members.length)
}

function mixtureWeights(members: readonly Member[], labels: Int32Array): Float64Array {
  const width = members.length
  // A floor keeps a member that is certain and wrong everywhere from dividing by zero.
  const likelihoods = members.map(({ probabilities: { data, numFeatures } }) =>
    Float64Array.from(labels, (label, i) => Math.max(1e-15, data[i * numFeatures + label]!)),
  )
  let weights = new Float64Array(width).fill(1 / width)
  for (let iteration = 0; iteration < 10_000; iteration++) {
    const next = new Float64Array(width)
    for (let i = 0; i < labels.length; i++) {
      let total = 0
      for (let m = 0; m < width; m++) total += weights[m]! * likelihoods[m]![i]!
      for (let m = 0; m < width; m++) next[m]! += (weights[m]! * likelihoods[m]![i]!) / total / labels.length
    }
    const change = next.reduce((most, weight, m) => Math.max(most, Math.abs(weight - weights[m]!)), 0)
    weights = next
    if (change < 1e-12) break
  }
  return weights
}
