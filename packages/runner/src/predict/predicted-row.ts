import type { PredictionBatch } from '@etsef/plugin-api'

/** What one node says of a picture. */
export interface Answer {
  /** `undefined` where it abstained. */
  readonly className: string | undefined
  /** By class, in the order of the class list. */
  readonly scores: Readonly<Record<string, number>>
  readonly scoreKind: PredictionBatch['scoreKind']
}

/** The answer for a picture. */
export interface PredictedRow extends Answer {
  readonly id: string
  readonly sha256: string
  /** Largest score minus the second largest. */
  readonly margin: number
  readonly abstained: boolean
  /** Classes that cannot be ruled out, at the level that was calibrated; left out where nothing was. Perhaps none. */
  readonly predictionSet?: readonly string[]
  /** What each member of the vote says, by name. */
  readonly members: Readonly<Record<string, Answer>>
}

/** A picture that cannot be predicted, and why. */
export interface FailedRow {
  readonly id: string
  readonly error: {
    readonly code: string
    readonly message: string
  }
}

/** What becomes of a picture. */
export type PredictionRow = PredictedRow | FailedRow

/** Whether there is an answer. */
export function isPredicted(row: PredictionRow): row is PredictedRow {
  return !('error' in row)
}

/** What a table of predictions says of one row. */
export function answerAt({ classNames, scores, predicted, scoreKind }: PredictionBatch, row: number): Answer {
  const width = classNames.length
  return {
    className: classNames[predicted[row]!],
    scores: Object.fromEntries(classNames.map((name, k) => [name, scores[row * width + k]!])),
    scoreKind,
  }
}

/** Largest minus second largest number; the number itself where there is one. */
export function marginOf(scores: readonly number[]): number {
  const [first = 0, second = 0] = scores.toSorted((a, b) => b - a)
  return first - second
}
