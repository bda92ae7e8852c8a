import {
  collectPredictions,
  joinRows,
  PipelineError,
  rowsOf,
  type Named,
  type PortValues,
  type PredictionBatch,
  type Rows,
} from '@etsef/plugin-api'
import { matrix } from '../linear-algebra/matrix.js'
import type { Member } from './member.js'

/** A member as read from a port: its scores may be of any kind. */
export interface ReadMember extends Member {
  readonly scoreKind: PredictionBatch['scoreKind']
}

/** Predictions of several nodes, brought into the order of the first by id. */
export interface AlignedMembers {
  /** Id, label, group and partition, as the first member has them. */
  readonly rows: Rows
  readonly members: readonly ReadMember[]
}

/**
 * Reads the predictions at a many-port and joins them by id.
 *
 * @throws PipelineError `ERR_DUPLICATE_ID`, `ERR_MISSING_ID`; `ERR_CLASS_LIST` when class lists differ; `ERR_LEAKAGE` when
 * a row is in two partitions; `ERR_MISSING_INPUT` without members.
 */
export async function readMembers(
  inputs: readonly Named<PortValues['predictions']>[],
  signal?: AbortSignal,
): Promise<AlignedMembers> {
  const tables: Named<PredictionBatch>[] = []
  for (const { name, value } of inputs) tables.push({ name, value: await collectPredictions(value, signal) })
  const [first] = tables
  if (!first) {
    throw new PipelineError('ERR_MISSING_INPUT', {
      message: 'There are no predictions to combine',
      port: 'predictions',
    })
  }
  return { rows: rowsOf(first.value), members: tables.map((table) => alignedTo(first, table)) }
}

/**
 * The members, where their probabilities are to be averaged.
 *
 * @throws PipelineError `ERR_BAD_DATA` for a member that gives margins.
 */
export function withProbabilities(members: readonly ReadMember[]): readonly Member[] {
  const bad = members.find(({ scoreKind }) => scoreKind === 'margin')
  if (bad === undefined) return members
  throw new PipelineError('ERR_BAD_DATA', {
    message: `Member "${bad.name}" gives margins; their scale says nothing beside probabilities`,
    port: 'predictions',
    expected: 'probabilities or shares of votes',
    received: 'margins',
    hint: `calibrate "${bad.name}" first, or combine decisions (voting: hard)`,
  })
}

/** The members, where their decisions count: margins do not take part in breaking ties. */
export function withDecisions(members: readonly ReadMember[]): readonly Member[] {
  return members.map((member) => {
    if (member.scoreKind !== 'margin') return member
    const { numSamples, numFeatures } = member.probabilities
    return { ...member, probabilities: matrix(numSamples, numFeatures) }
  })
}

function alignedTo(first: Named<PredictionBatch>, table: Named<PredictionBatch>): ReadMember {
  const { name, value } = table
  const { classNames } = first.value
  if (value.classNames.join('\u0000') !== classNames.join('\u0000')) {
    throw new PipelineError('ERR_CLASS_LIST', {
      message: `"${name}" and "${first.name}" predict other classes`,
      port: 'predictions',
      expected: classNames.join(', '),
      received: value.classNames.join(', '),
    })
  }
  const at = joinRows(first.value, value, { left: `"${first.name}"`, right: `"${name}"` })
  const width = classNames.length
  const probabilities = matrix(at.length, width)
  const predicted = new Int32Array(at.length)
  at.forEach((from, to) => {
    if (value.partitions[from] !== first.value.partitions[to]) {
      throw new PipelineError('ERR_LEAKAGE', {
        message: `Row "${first.value.ids[to]!}" is in another partition in "${name}" than in "${first.name}"`,
        port: 'predictions',
        expected: first.value.partitions[to]!,
        received: String(value.partitions[from]),
        hint: 'members of one ensemble must come from one split',
      })
    }
    probabilities.data.set(value.scores.subarray(from * width, (from + 1) * width), to * width)
    predicted[to] = value.predicted[from]!
  })
  return { name, probabilities, predicted, scoreKind: value.scoreKind }
}
