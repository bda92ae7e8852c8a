import type { Attributes, PredictionBatch } from '@etsef/plugin-api'

/** The rows that all candidates are judged on. */
export interface Judged {
  /** True class index per row. */
  readonly yTrue: Int32Array
  /** Independent unit (patient) of each row. */
  readonly groups: readonly string[]
  readonly classNames: readonly string[]
  /** What the source knows of the rows beside their labels. */
  readonly attributes?: Attributes
}

/** One set of predictions for the judged rows, in their order. */
export interface Candidate {
  readonly name: string
  readonly yPred: Int32Array
  /** Row-major `[numSamples, numClasses]`. */
  readonly scores: Float64Array
  readonly scoreKind: PredictionBatch['scoreKind']
}
