import type { Labels } from '@etsef/plugin-api/models'

/** Row indices of one fold. */
export interface Fold {
  readonly train: Int32Array
  readonly held: Int32Array
}

/**
 * Folds in which every class is spread evenly, by row order within the class.
 *
 * @returns `undefined` when some present class has fewer rows than two, so that a fold would lack it in train.
 */
export function stratifiedFolds(y: Labels, numFolds: number): Fold[] | undefined {
  const seen = new Int32Array(y.numClasses)
  const fold = Int32Array.from(y.labels, (label) => seen[label]!++ % numFolds)
  if (seen.some((count) => count === 1)) return undefined
  const rows = Int32Array.from(y.labels.keys())
  return Array.from({ length: numFolds }, (_, f) => ({
    train: rows.filter((i) => fold[i] !== f),
    held: rows.filter((i) => fold[i] === f),
  })).filter(({ held }) => held.length > 0)
}
