import {
  collectPredictions,
  pickPredictions,
  rowsOf,
  type Named,
  type PortValues,
  type PredictionBatch,
  type Rows,
} from '@etsef/plugin-api'
import { alignRows } from '../../adapter/same-task.js'
import { toBallot } from '../vote/to-ballot.js'
import { validationRanks } from '../vote/validation-ranks.js'
import type { Member } from './member.js'

/** Predictions of several nodes, brought into the order of the first by id. */
export interface AlignedMembers {
  /** Id, label, group and partition, as the first member has them. */
  readonly rows: Rows
  readonly tables: readonly Named<PredictionBatch>[]
}

/**
 * Reads the predictions at a many-port and joins them by id.
 *
 * @throws PipelineError as {@link alignRows}: missing and doubled ids, other class lists, partitions, groups or labels.
 */
export async function readMembers(
  inputs: readonly Named<PortValues['predictions']>[],
  signal?: AbortSignal,
): Promise<AlignedMembers> {
  const tables = await Promise.all(
    inputs.map(async ({ name, value }) => ({ name, value: await collectPredictions(value, signal) })),
  )
  const positions = alignRows(tables)
  const aligned = tables.map(({ name, value }, m) => ({
    name,
    value: pickPredictions(value, Array.from(positions[m]!)),
  }))
  return { rows: rowsOf(aligned[0]!.value), tables: aligned }
}

/** The members of a batch that was joined already. */
export function joinedMembers(tables: readonly Named<PredictionBatch>[]): AlignedMembers {
  return { rows: rowsOf(tables[0]!.value), tables }
}

/**
 * The members as voters: `soft` where probabilities are averaged, `hard` where decisions are counted.
 *
 * @throws PipelineError `ERR_BAD_DATA` for a member with margins when `voting` is soft.
 */
export function membersOf({ tables }: AlignedMembers, voting: 'hard' | 'soft'): Member[] {
  return tables.map(({ name, value }) => ({ name, ...toBallot(value, name, voting) }))
}

/** Ranks that break ties, as an option of the votes; none without labelled val rows. */
export function ranksOf({ tables }: AlignedMembers): { readonly ranks?: readonly number[] } {
  const ranks = validationRanks(tables.map(({ value }) => value))
  return ranks === undefined ? {} : { ranks }
}
