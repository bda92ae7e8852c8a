import type { ClassScores } from '../metrics/labels.js'

/** Share of rows whose prediction set may miss the true class, in reports and answers. */
export const setAlpha = 0.1

/** Rows that prediction sets are calibrated on. */
export interface CalibrationRows extends ClassScores {
  /** Patient of each row: patients count once each, however many rows they have. */
  readonly groups: ArrayLike<string>
}

/** How prediction sets are made. */
export interface ConformalOptions {
  /** Share of rows whose set may miss the true class, in (0, 1). */
  readonly alpha: number
  /** `class`: a threshold of its own for each class, so that every class is covered; `marginal`: one for all rows. */
  readonly within: 'marginal' | 'class'
}

/**
 * Thresholds of prediction sets: a class belongs to the set of a row when 1 − its probability is at most the threshold of the class.
 *
 * Split-conformal with the score 1 − p(true class); a patient's rows share the weight of one, and the patient to come is counted as if its score
 * were infinite. A class of too few patients has the threshold infinity: it is in every set.
 *
 * @see Sadinle et al. 2019, Least Ambiguous Set-Valued Classifiers With Bounded Error Levels; Dunn et al. 2023, Distribution-Free Prediction Sets for
 * Two-Layer Hierarchical Models
 */
export function conformalThresholds(rows: CalibrationRows, { alpha, within }: ConformalOptions): Float64Array {
  const { yTrue, numClasses } = rows
  const all = Array.from({ length: yTrue.length }, (_, row) => row)
  if (within === 'marginal') return new Float64Array(numClasses).fill(thresholdOf(rows, all, alpha))
  return Float64Array.from({ length: numClasses }, (_, c) =>
    thresholdOf(
      rows,
      all.filter((row) => yTrue[row] === c),
      alpha,
    ),
  )
}

/** Which classes are in the set of each row: 1 or 0, row-major `[numSamples, numClasses]`. */
export function predictionSets(scores: ArrayLike<number>, thresholds: Float64Array): Uint8Array {
  const numClasses = thresholds.length
  return Uint8Array.from({ length: scores.length }, (_, i) =>
    1 - scores[i]! <= thresholds[i % numClasses]! + 1e-12 ? 1 : 0,
  )
}

function thresholdOf(
  { yTrue, scores, numClasses, groups }: CalibrationRows,
  rows: readonly number[],
  alpha: number,
): number {
  const sizes = new Map<string, number>()
  for (const row of rows) sizes.set(groups[row]!, (sizes.get(groups[row]!) ?? 0) + 1)
  const ranked = rows
    .map((row) => ({ score: 1 - scores[row * numClasses + yTrue[row]!]!, weight: 1 / sizes.get(groups[row]!)! }))
    .sort((a, b) => a.score - b.score)
  const needed = (1 - alpha) * (sizes.size + 1)
  let sum = 0
  for (const { score, weight } of ranked) {
    sum += weight
    if (sum >= needed - 1e-9) return score
  }
  return Infinity
}
