import type { Operation } from '../define-operation.js'
import { hiddenLabel, withoutAttributes, type Partition, type Rows } from '../payload/rows.js'
import { pickStored, type StoredBatch } from '../payload/stored.js'
import { hideNames } from './opaque-names.js'

/** What of its input rows an operation may see. */
export interface Visibility {
  /** Partitions whose rows are shown; `undefined`: all. */
  readonly partitions: readonly Partition[] | undefined
  /** `fittable`: of train and val rows only. `not-test`: of unsplit rows as well, for what makes the split. */
  readonly labels: 'all' | 'none' | 'fittable' | 'not-test'
  /** Groups and partitions are blanked. */
  readonly isAnonymous: boolean
  /** Rows and groups go by opaque names: an id such as `glioma/a.jpg` is a label. Never for what sees every label anyway. */
  readonly hidesNames: boolean
  /** Attributes of rows are shown: they stand for what must not be learned from. Left out: they are not. */
  readonly showsAttributes?: boolean
}

/** The rules of the five kinds of operation; of combines those that split and those that make a model have their own. */
export const visibility = {
  map: { partitions: undefined, labels: 'none', isAnonymous: true, hidesNames: true },
  apply: { partitions: undefined, labels: 'none', isAnonymous: true, hidesNames: true },
  combine: { partitions: undefined, labels: 'fittable', isAnonymous: false, hidesNames: true },
  model: { partitions: ['train', 'val'], labels: 'fittable', isAnonymous: false, hidesNames: true },
  split: { partitions: undefined, labels: 'not-test', isAnonymous: false, hidesNames: false, showsAttributes: true },
  report: { partitions: undefined, labels: 'all', isAnonymous: false, hidesNames: false, showsAttributes: true },
} as const satisfies Record<string, Visibility>

/** What a combine, report or source may see: a combine that makes a model has no use for test rows that would not be fitting on them. */
export function wholeVisibility({
  kind,
  rowPolicy,
  outputs,
}: Pick<Operation, 'kind' | 'rowPolicy' | 'outputs'>): Visibility {
  if (kind === 'report') return visibility.report
  if (rowPolicy === 'split') return visibility.split
  return Object.values(outputs).some((port) => port.kind === 'model') ? visibility.model : visibility.combine
}

/** What `fit` may see: rows of its partitions; labels when it is supervised. */
export function fitVisibility(fitOn: readonly Partition[], isSupervised: boolean): Visibility {
  return {
    partitions: fitOn.filter((partition) => partition !== 'test' && partition !== 'none'),
    labels: isSupervised ? 'not-test' : 'none',
    isAnonymous: false,
    hidesNames: true,
  }
}

/** The rows of a batch with what must not be seen blanked. The batch itself is left alone. */
export function blank(batch: StoredBatch, rules: Visibility): StoredBatch {
  const labels = hideLabels(batch, rules.labels)
  const unlabelled = labels === batch.labels ? batch : { ...batch, labels }
  const plain = rules.showsAttributes ? unlabelled : withoutAttributes(unlabelled)
  const named = rules.hidesNames ? hideNames(plain) : plain
  if (!rules.isAnonymous) return withFrozenLists(named)
  return withFrozenLists({
    ...named,
    groups: named.ids.map(() => ''),
    partitions: named.ids.map(() => 'none' as const),
  })
}

/** The lists of a batch are shared with what is attached to its rows again: writing into them would move a row to another image. */
function withFrozenLists(batch: StoredBatch): StoredBatch {
  for (const value of Object.values(batch)) if (Array.isArray(value)) Object.freeze(value)
  return batch
}

/** The rows of a batch that may be seen at all. */
export function pickVisible(batch: StoredBatch, { partitions }: Visibility): StoredBatch {
  return partitions ? pickPartitions(batch, partitions) : batch
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
