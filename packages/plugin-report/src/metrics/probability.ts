import { checkScores } from './labels.js'
import type { ClassScores } from './labels.js'

/** Brier score summed over classes: mean of Σ_c (p_c − [y = c])², in [0, 2]; null without rows. */
export function brierScore(input: ClassScores): number | null {
  checkScores(input)
  const { yTrue, scores, numClasses } = input
  let sum = 0
  for (let i = 0; i < yTrue.length; i++) {
    for (let c = 0; c < numClasses; c++) sum += (scores[i * numClasses + c]! - (yTrue[i] === c ? 1 : 0)) ** 2
  }
  return yTrue.length === 0 ? null : sum / yTrue.length
}

/**
 * Mean negative log probability of the true class, in nats; null without rows.
 *
 * Probabilities are clipped to the float64 epsilon as in scikit-learn, so a confident error costs 36 nats, not infinity.
 */
export function logLoss(input: ClassScores): number | null {
  checkScores(input)
  const { yTrue, scores, numClasses } = input
  let sum = 0
  for (let i = 0; i < yTrue.length; i++) {
    const p = scores[i * numClasses + yTrue[i]!]!
    sum -= Math.log(Math.min(Math.max(p, Number.EPSILON), 1 - Number.EPSILON))
  }
  return yTrue.length === 0 ? null : sum / yTrue.length
}
