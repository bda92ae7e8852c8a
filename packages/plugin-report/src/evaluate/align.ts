import { PipelineError, indexIds, joinRows, pickPredictions } from '@etsef/plugin-api'
import type { Named, Partition, PredictionBatch } from '@etsef/plugin-api'
import type { Candidate, Judged } from './judged.js'

/** Rows of one partition with every input's predictions for them. */
export interface Aligned {
  readonly judged: Judged
  readonly candidates: readonly Candidate[]
  readonly ids: readonly string[]
}

/**
 * Takes the rows of a partition and brings all inputs into one order (by id), so that a report does not depend on the order of batches.
 *
 * @throws PipelineError `ERR_TOO_FEW_ROWS` for an empty partition, `ERR_MISSING_ID` or `ERR_DUPLICATE_ID` when inputs hold
 * different rows, `ERR_CLASS_LIST` when class lists differ, `ERR_BAD_DATA` when labels are hidden or disagree, `ERR_NOT_FINITE` for a score that is no number.
 */
export function alignPredictions(inputs: readonly Named<PredictionBatch>[], partition: Partition): Aligned {
  const tables = inputs.map(({ name, value }) => ({ name, table: sortedPartition(value, { name, partition }) }))
  const [first] = tables
  if (first === undefined)
    throw new PipelineError('ERR_MISSING_INPUT', {
      message: 'there are no predictions to evaluate',
      port: 'predictions',
    })
  for (const other of tables) checkSameRows(first, other)
  const { classNames, labels, groups, ids, attributes } = first.table
  return {
    judged: {
      yTrue: labels,
      groups: groups.map((group, i) => group || ids[i]!),
      classNames,
      ...(attributes && { attributes }),
    },
    candidates: tables.map(({ name, table }) => ({
      name,
      yPred: table.predicted,
      scores: table.scores,
      scoreKind: table.scoreKind,
    })),
    ids,
  }
}

interface NamedTable {
  readonly name: string
  readonly table: PredictionBatch
}

function sortedPartition(
  batch: PredictionBatch,
  { name, partition }: { readonly name: string; readonly partition: Partition },
): PredictionBatch {
  const rows = batch.ids.flatMap((_, i) => (batch.partitions[i] === partition ? [i] : []))
  if (rows.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: `Predictions "${name}" have no row of partition "${partition}"`,
      expected: `rows of partition "${partition}"`,
      received: [...new Set(batch.partitions)].join(', ') || 'no rows',
      hint: 'set option partition to one that the split makes',
    })
  }
  rows.sort((a, b) => (batch.ids[a]! < batch.ids[b]! ? -1 : 1))
  const table = pickPredictions(batch, rows)
  indexIds(table.ids, `"${name}"`)
  const unlabelled = table.labels.findIndex((label) => label < 0 || label >= table.classNames.length)
  if (unlabelled >= 0) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Row "${table.ids[unlabelled]!}" of "${name}" has no known label`,
      hint: 'evaluation needs a label for every row; take unlabelled rows out before the split',
    })
  }
  const broken = table.scores.findIndex((score) => !Number.isFinite(score))
  if (broken >= 0) {
    const row = Math.floor(broken / table.classNames.length)
    throw new PipelineError('ERR_NOT_FINITE', {
      message: `A score of row "${table.ids[row]!}" of "${name}" is not a finite number`,
    })
  }
  return table
}

function checkSameRows(first: NamedTable, other: NamedTable): void {
  if (first.table.classNames.join('\u0000') !== other.table.classNames.join('\u0000')) {
    throw new PipelineError('ERR_CLASS_LIST', {
      message: `Predictions "${other.name}" and "${first.name}" have different class lists`,
      expected: first.table.classNames.join(', '),
      received: other.table.classNames.join(', '),
    })
  }
  joinRows(first.table, other.table, { left: `"${first.name}"`, right: `"${other.name}"` })
  const different = first.table.labels.findIndex((label, i) => other.table.labels[i] !== label)
  if (different >= 0) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Row "${first.table.ids[different]!}" has different labels in "${first.name}" and "${other.name}"`,
    })
  }
}
