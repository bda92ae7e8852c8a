import { rankRows } from './rank-curves.js'
import type { Counts, Ranked } from './rank-curves.js'

/** Rows with how sure the model is of each and whether it is wrong. */
export interface Confidences {
  /** Larger is surer: usually the largest probability of the row. */
  readonly confidence: ArrayLike<number>
  /** 1 where the answer is wrong. */
  readonly isWrong: ArrayLike<number>
}

/** Ranks rows by confidence, for risks at many coverages and of many resamples. */
export function rankConfidences({ confidence, isWrong }: Confidences): Ranked {
  return rankRows({ isPositive: isWrong, scores: confidence })
}

/**
 * Share of wrong answers among the surest fraction of rows. Rows of equal confidence are answered in no order, so errors among them count in
 * proportion.
 *
 * @param coverages - In (0, 1].
 */
export function riskAt(ranked: Ranked, counts: Counts, coverages: Float64Array): Float64Array {
  const { order, ends, isPositive: isWrong } = ranked
  let total = 0
  for (const row of order) total += counts[row]!
  const out = new Float64Array(coverages.length).fill(NaN)
  if (total === 0) return out
  let answered = 0
  let wrong = 0
  let at = 0
  let index = 0
  for (const end of ends) {
    let own = 0
    let ownWrong = 0
    for (; at < end; at++) {
      own += counts[order[at]!]!
      ownWrong += isWrong[order[at]!] === 1 ? counts[order[at]!]! : 0
    }
    while (index < coverages.length && coverages[index]! * total <= answered + own + 1e-9) {
      const wanted = coverages[index]! * total
      out[index] = (wrong + (own === 0 ? 0 : (ownWrong * (wanted - answered)) / own)) / wanted
      index++
    }
    answered += own
    wrong += ownWrong
  }
  return out
}

/**
 * Area under the risk–coverage curve: the mean risk over answering the 1, 2, … n surest rows.
 *
 * @returns Null without rows.
 * @see Geifman et al. 2019, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers
 */
export function aurc(input: Confidences): number | null {
  const n = input.confidence.length
  if (n === 0) return null
  const coverages = Float64Array.from({ length: n }, (_, i) => (i + 1) / n)
  const risks = riskAt(rankConfidences(input), new Uint8Array(n).fill(1), coverages)
  return risks.reduce((sum, risk) => sum + risk, 0) / n
}
