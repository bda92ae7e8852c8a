import type { Partition } from '@etsef/plugin-api'
import { assign, type SplitArguments } from './split-groups.js'

/** What {@link splitFolds} splits. */
export interface FoldArguments extends Omit<SplitArguments, 'fractions'> {
  readonly folds: number
  /** The fold that is tested on, from 0. */
  readonly fold: number
  /** Share of the other rows that is val; the rest is train. */
  readonly valShare: number
}

/**
 * Partition per row for one fold of a cross-validation: groups are dealt into folds that each hold every class, as near to equal as groups
 * allow; one fold is test, and of the others a share is val.
 *
 * The folds depend on the seed alone: over all of them every row is a test row once.
 *
 * @throws PipelineError `ERR_IMPOSSIBLE_SPLIT` when a class has fewer groups than there are folds.
 */
export function splitFolds({ folds, fold, valShare, seed, ...rows }: FoldArguments): Partition[] {
  const names = Array.from({ length: folds }, (_, index) => `fold ${String(index)}`)
  const foldOf = assign({
    ...rows,
    seed,
    parts: names.map((name) => ({ name, share: 1 / folds })),
    hints: {
      tooFew: 'use fewer folds, add patients, or leave the class out',
      none: 'use fewer folds, or more groups',
    },
  })
  const isTest = foldOf.map((name) => name === names[fold])
  const others = isTest.flatMap((is, row) => (is ? [] : [row]))
  const parted = assign({
    labels: others.map((row) => rows.labels[row]!),
    groups: others.map((row) => rows.groups[row]!),
    classNames: rows.classNames,
    seed: `${String(seed)} without fold ${String(fold)}`,
    parts: [
      { name: 'train' as const, share: 1 - valShare },
      ...(valShare > 0 ? [{ name: 'val' as const, share: valShare }] : []),
    ],
    hints: {
      tooFew: 'use no val rows (val: 0), add patients, or leave the class out',
      none: 'use no val rows (val: 0), or more groups',
    },
  })
  let next = 0
  return isTest.map((is) => (is ? 'test' : parted[next++]!))
}
