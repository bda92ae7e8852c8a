import { hiddenLabel, type Partition, type Rows } from '@etsef/plugin-api'
import { pickStored, type StoredBatch } from '@etsef/plugin-api/codec'

/** What of its input rows an operation may see. */
export interface Visibility {
  /** Partitions whose rows are shown; `undefined`: all. */
  readonly partitions: readonly Partition[] | undefined
  /** `fittable`: of train and val rows only. `not-test`: of unsplit rows as well, for what makes the split. */
  readonly labels: 'all' | 'none' | 'fittable' | 'not-test'
  /** Groups and partitions are blanked. */
  readonly isAnonymous: boolean
}

/** The rules of the five kinds of operation. */
export const visibility = {
  map: { partitions: undefined, labels: 'none', isAnonymous: true },
  apply: { partitions: undefined, labels: 'none', isAnonymous: true },
  combine: { partitions: undefined, labels: 'fittable', isAnonymous: false },
  split: { partitions: undefined, labels: 'not-test', isAnonymous: false },
  report: { partitions: undefined, labels: 'all', isAnonymous: false },
} as const satisfies Record<string, Visibility>

/** What `fit` may see: rows of its partitions; labels when it is supervised. */
export function fitVisibility(fitOn: readonly Partition[], isSupervised: boolean): Visibility {
  return {
    partitions: fitOn.filter((partition) => partition !== 'test' && partition !== 'none'),
    labels: isSupervised ? 'not-test' : 'none',
    isAnonymous: false,
  }
}

/** The rows of a batch that may be seen, with what must not be seen blanked. The batch itself is left alone. */
export function show(batch: StoredBatch, rules: Visibility): StoredBatch {
  const visible = rules.partitions ? pickPartitions(batch, rules.partitions) : batch
  const labels = hideLabels(visible, rules.labels)
  if (!rules.isAnonymous) return labels === visible.labels ? visible : { ...visible, labels }
  return { ...visible, labels, groups: visible.ids.map(() => ''), partitions: visible.ids.map(() => 'none' as const) }
}

function pickPartitions(batch: StoredBatch, partitions: readonly Partition[]): StoredBatch {
  const indices: number[] = []
  batch.partitions.forEach((partition, index) => {
    if (partitions.includes(partition)) indices.push(index)
  })
  return indices.length === batch.ids.length ? batch : pickStored(batch, indices)
}

function hideLabels(rows: Rows, rule: Visibility['labels']): Int32Array {
  if (rule === 'all') return rows.labels
  return Int32Array.from(rows.labels, (label, index) => {
    const partition = rows.partitions[index]
    const isHidden = rule === 'none' || partition === 'test' || (rule === 'fittable' && partition === 'none')
    return isHidden ? hiddenLabel : label
  })
}
