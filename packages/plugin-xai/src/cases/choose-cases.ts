import type { Partition, PredictionBatch } from '@etsef/plugin-api'

/** A row that is told of. */
export interface ChosenCase {
  readonly id: string
  /** Row of the predictions. */
  readonly row: number
  /** Whether the answer is the true class; null where that is not known. */
  readonly isRight: boolean | null
}

/** Rows that are told of, and how many there are. */
export interface ChosenCases {
  readonly chosen: readonly ChosenCase[]
  readonly numRows: number
  readonly numWrong: number
}

/**
 * Rows of a partition: those that are wrong and have a map, the other wrong ones, then of the rest those that have a map. An abstention is wrong.
 * Where nothing has a map, all rows.
 *
 * @param mapped - Ids of rows that have a map.
 */
export function chooseCases(
  { ids, labels, predicted, partitions }: Pick<PredictionBatch, 'ids' | 'labels' | 'predicted' | 'partitions'>,
  mapped: ReadonlySet<string>,
  { partition, maxCases }: { readonly partition: Partition | 'all'; readonly maxCases: number },
): ChosenCases {
  const all = ids.flatMap((id, row): ChosenCase[] =>
    partition === 'all' || partitions[row] === partition
      ? [{ id, row, isRight: labels[row]! < 0 ? null : labels[row] === predicted[row] }]
      : [],
  )
  const wrong = all.filter(({ isRight }) => isRight === false)
  const rest = all.filter(({ isRight }) => isRight !== false)
  const hasMap = ({ id }: ChosenCase): boolean => mapped.has(id)
  const ordered = [
    ...wrong.filter(hasMap),
    ...wrong.filter((each) => !hasMap(each)),
    ...(mapped.size === 0 ? rest : rest.filter(hasMap)),
  ]
  return { chosen: ordered.slice(0, maxCases), numRows: all.length, numWrong: wrong.length }
}
