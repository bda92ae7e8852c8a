import type { Rng, Rows } from '@etsef/plugin-api'
import { groupFolds, rowComponents } from '@etsef/plugin-api/semantics'

/** Rows to spread over folds. */
export type FoldRows = Pick<Rows, 'labels' | 'groups' | 'sourceIds' | 'classNames'>

/**
 * The fold of each row, of `groupFolds`: rows of one group (patient) and rows made from one image share a fold.
 *
 * @throws PipelineError `ERR_TOO_FEW_ROWS` with fewer groups than folds.
 */
export function rowFolds(rows: FoldRows, numFolds: number, rng: Rng): Int32Array {
  const components = rowComponents(rows.groups, rows.sourceIds)
  const { labels, classNames } = rows
  return groupFolds({ labels, numClasses: classNames.length, components, numFolds, option: 'crossFit' }, rng)
}

/** Classes whose rows all lie in one fold: its model never sees them. */
export function classesInOneFold(rows: FoldRows, folds: Int32Array): readonly string[] {
  return rows.classNames.filter((_, k) => {
    const seen = new Set(folds.filter((_fold, row) => rows.labels[row] === k))
    return seen.size === 1
  })
}
