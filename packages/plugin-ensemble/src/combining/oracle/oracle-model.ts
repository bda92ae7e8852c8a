import type { Member } from '../members/member.js'

/** How good a combination of these members could be at best. */
export interface OracleBound {
  /** Share of rows on which at least one member is right. No choice among the members' answers does better. */
  readonly accuracy: number
  /** Mean over the classes with rows of the same share. */
  readonly balancedAccuracy: number
  /** Accuracy of the best member in hindsight: a bound for choosing one member, not a result to report as one. */
  readonly bestMemberAccuracy: number
  /** Share of rows on which all members are wrong in the same class: errors that no vote can see. */
  readonly unanimousErrors: number
}

/**
 * The oracle: right wherever any member is.
 *
 * @returns NaN figures without rows.
 */
export function oracleBound(members: readonly Member[], labels: Int32Array): OracleBound {
  const numClasses = members[0]?.probabilities.numFeatures ?? 0
  const right = new Float64Array(numClasses)
  const counts = new Float64Array(numClasses)
  const perMember = new Float64Array(members.length)
  let unanimousErrors = 0
  labels.forEach((label, i) => {
    counts[label]!++
    const choices = members.map(({ predicted }) => predicted[i]!)
    choices.forEach((choice, m) => {
      if (choice === label) perMember[m]!++
    })
    if (choices.includes(label)) right[label]!++
    else if (choices.length > 0 && choices[0] !== -1 && new Set(choices).size === 1) unanimousErrors++
  })
  const recalls = Array.from(right, (value, k) => value / counts[k]!).filter((_, k) => counts[k]! > 0)
  const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)
  return {
    accuracy: sum(right) / labels.length,
    balancedAccuracy: sum(recalls) / recalls.length,
    bestMemberAccuracy: Math.max(...perMember) / labels.length,
    unanimousErrors: unanimousErrors / labels.length,
  }
}
