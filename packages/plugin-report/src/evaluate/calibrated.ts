import { conformalThresholds, predictionSets, setAlpha } from '../calibrate/conformal.js'
import { applyTemperature, fitTemperature } from '../calibrate/temperature.js'
import { groupMembers } from '../intervals/bootstrap.js'
import { calibration } from '../metrics/calibration.js'
import type { Calibration } from '../metrics/calibration.js'
import { brierScore, logLoss } from '../metrics/probability.js'
import type { Aligned } from './align.js'
import { hasProbabilities } from './evaluation.js'

/** What probabilities are worth after a temperature was fitted on validation rows. */
export interface Calibrated {
  readonly temperature: number
  readonly ece: number
  readonly brier: number | null
  readonly logLoss: number | null
  readonly calibration: Calibration
}

/** How prediction sets that were calibrated on validation rows do on the reported ones. */
export interface SetReport {
  /** Share of rows whose set holds the true class. */
  readonly coverage: number
  /** Mean number of classes in a set. */
  readonly meanSize: number
  /** Share of empty sets. */
  readonly empty: number
  /** Coverage of the rows of each class; null without rows. */
  readonly perClass: readonly (number | null)[]
}

/** What is calibrated on validation rows and judged on the reported ones. */
export interface FromValidation {
  readonly numSamples: number
  readonly numGroups: number
  readonly temperature: Calibrated
  readonly conformal: { readonly level: number; readonly marginal: SetReport; readonly classConditional: SetReport }
}

/**
 * Temperature and prediction sets of an input, fitted on its validation rows and judged on the reported ones.
 *
 * @param at - Position of the input; validation and reported rows have the same inputs.
 * @returns Null unless scores are probabilities.
 */
export function fromValidation(reported: Aligned, validation: Aligned, at: number): FromValidation | null {
  const own = reported.candidates[at]!
  const other = validation.candidates[at]!
  if (!hasProbabilities(reported.judged, own) || !hasProbabilities(validation.judged, other)) return null
  const numClasses = reported.judged.classNames.length
  const fitting = { yTrue: validation.judged.yTrue, scores: other.scores, numClasses }
  const temperature = fitTemperature(fitting)
  if (temperature === null) return null
  const scored = {
    yTrue: reported.judged.yTrue,
    scores: applyTemperature(own.scores, numClasses, temperature),
    numClasses,
  }
  const after = calibration(scored)
  if (after === null) return null
  const sets = (within: 'marginal' | 'class'): SetReport =>
    judgeSets(
      predictionSets(
        own.scores,
        conformalThresholds({ ...fitting, groups: validation.judged.groups }, { alpha: setAlpha, within }),
      ),
      reported.judged.yTrue,
      numClasses,
    )
  return {
    numSamples: validation.ids.length,
    numGroups: groupMembers(validation.judged.groups).length,
    temperature: {
      temperature,
      ece: after.ece,
      brier: brierScore(scored),
      logLoss: logLoss(scored),
      calibration: after,
    },
    conformal: { level: 1 - setAlpha, marginal: sets('marginal'), classConditional: sets('class') },
  }
}

/** Coverage and size of prediction sets. */
export function judgeSets(sets: Uint8Array, yTrue: ArrayLike<number>, numClasses: number): SetReport {
  const n = yTrue.length
  const covered = Array.from({ length: n }, (_, row) => sets[row * numClasses + yTrue[row]!]!)
  const sizes = Array.from({ length: n }, (_, row) =>
    sets.subarray(row * numClasses, (row + 1) * numClasses).reduce((sum, each) => sum + each, 0),
  )
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    coverage: mean(covered),
    meanSize: mean(sizes),
    empty: mean(sizes.map((size) => (size === 0 ? 1 : 0))),
    perClass: Array.from({ length: numClasses }, (_, c) => {
      const own = covered.filter((_, row) => yTrue[row] === c)
      return own.length === 0 ? null : mean(own)
    }),
  }
}
