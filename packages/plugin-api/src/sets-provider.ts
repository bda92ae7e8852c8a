import type { PredictionBatch } from './payload/predictions.js'

/**
 * From which score on a class belongs to the prediction set of a row: where 1 − score is at most the threshold. Thresholds stand in the order of the class
 * list; null: none, the class is in every set.
 */
export interface SetThresholds {
  /** Share of rows whose set holds the true class, at least and on the whole. */
  readonly level: number
  /** Rows and patients that the thresholds were taken from. */
  readonly numSamples: number
  readonly numGroups: number
  /** One for all classes. */
  readonly marginal: readonly (number | null)[]
  /** One of its own for each class, so that each class is covered. */
  readonly classConditional: readonly (number | null)[]
}

/** A package that calibrates prediction sets. Its module imports nothing heavy at top level. */
export interface SetsProvider {
  /**
   * @param rows - What was predicted for validation rows, with their labels.
   * @returns Or why there can be none, in a few words.
   */
  calibrateSets(rows: PredictionBatch): SetThresholds | { readonly missing: string }
}
