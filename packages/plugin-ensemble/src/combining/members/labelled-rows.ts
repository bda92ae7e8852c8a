import { PipelineError, type Partition, type Rows } from '@etsef/plugin-api'
import { takeMemberRows, type Member } from './member.js'

/** Rows of one partition with their labels, and what the members say about them. */
export interface LabelledMembers {
  /** Positions of the rows. */
  readonly indices: readonly number[]
  readonly labels: Int32Array
  readonly members: readonly Member[]
}

/**
 * The rows a combination learns from. Only these have their labels read; test labels are hidden from a combine anyway.
 *
 * @throws PipelineError `ERR_TOO_FEW_ROWS` when the partition is empty, `ERR_BAD_DATA` when a label is hidden.
 */
export function labelledRows(rows: Rows, members: readonly Member[], partition: Partition): LabelledMembers {
  const indices = rows.partitions.flatMap((value, i) => (value === partition ? [i] : []))
  if (indices.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `There are no ${partition} rows to learn the combination from`,
      port: 'predictions',
      expected: `rows of partition ${partition}`,
      received: [...new Set(rows.partitions)].sort().join(', ') || 'no rows',
      hint: 'give the split a val share, or use a vote that learns nothing (ensemble/vote)',
    })
  }
  const labels = Int32Array.from(indices, (i) => rows.labels[i]!)
  if (labels.some((label) => label < 0)) {
    throw new PipelineError('ERR_BAD_DATA', { message: `Labels of ${partition} rows are hidden from this operation` })
  }
  return { indices, labels, members: takeMemberRows(members, indices) }
}
