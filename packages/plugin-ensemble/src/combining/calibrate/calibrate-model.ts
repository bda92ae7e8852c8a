import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { matrix } from '../../numeric/linear-algebra/matrix.js'
import { applyIsotonic, fitIsotonic, type IsotonicModel } from './isotonic.js'
import { applyPlatt, fitPlatt, type PlattModel } from './platt.js'
import { applyTemperature, fitTemperature, type TemperatureModel } from '../../numeric/statistics/temperature.js'

/** Ways to turn scores into probabilities. */
export type CalibrationMethod = 'temperature' | 'platt' | 'isotonic'

/** A fitted calibration of any kind. */
export type CalibrationModel = TemperatureModel | PlattModel | IsotonicModel

/** What kind of scores come in: probabilities and vote shares are taken by their logarithm. */
export type ScoreKind = 'probability' | 'voteShare' | 'margin'

/**
 * Fits a calibration on rows the scores were not trained on.
 *
 * @param scores - `[numSamples, numClasses]`.
 * @param options - `scoreKind` says whether scores are logits already (`margin`) or need their logarithm taken first.
 */
export function fitCalibration(
  scores: Matrix,
  labels: Int32Array,
  options: { readonly method: CalibrationMethod; readonly scoreKind: ScoreKind },
): CalibrationModel {
  const logits = toLogits(scores, options.scoreKind)
  switch (options.method) {
    case 'temperature':
      return fitTemperature(logits, labels)
    case 'platt':
      return fitPlatt(logits, labels)
    case 'isotonic':
      return fitIsotonic(logits, labels)
  }
}

/** Calibrated probabilities, `[numSamples, numClasses]`; rows sum to 1. */
export function applyCalibration(model: CalibrationModel, scores: Matrix, scoreKind: ScoreKind): Matrix {
  const logits = toLogits(scores, scoreKind)
  switch (model.kind) {
    case 'temperature':
      return applyTemperature(model, logits)
    case 'platt':
      return applyPlatt(model, logits)
    case 'isotonic':
      return applyIsotonic(model, logits)
  }
}

/** Probabilities below this count as this: a forest's exact 0 would be an infinite logit. */
const least = 1e-12

function toLogits(scores: Matrix, scoreKind: ScoreKind): Matrix {
  if (scoreKind === 'margin') return scores
  return matrix(
    scores.numSamples,
    scores.numFeatures,
    scores.data.map((value) => Math.log(Math.max(least, value))),
  )
}
