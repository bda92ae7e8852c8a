import { joinRows, PipelineError, type Rows } from '@etsef/plugin-api'

/** A table and the node it comes from. */
export interface NamedRows<T extends Rows> {
  readonly name: string
  readonly value: T
}

/**
 * For each input, the positions of its rows in the order of the first one.
 *
 * @throws PipelineError `ERR_CLASS_LIST` when class lists differ, `ERR_MISSING_ID` or `ERR_DUPLICATE_ID` when ids do,
 * `ERR_LEAKAGE` when a row is of another partition, group or source on one side, `ERR_BAD_DATA` when its label differs.
 */
export function alignRows<T extends Rows>(inputs: readonly NamedRows<T>[]): Int32Array[] {
  const first = inputs[0]
  if (first === undefined) throw new PipelineError('ERR_MISSING_INPUT', { message: 'There is nothing to join' })
  return inputs.map(({ name, value }) => {
    checkClassLists(first, { name, value })
    const positions = joinRows(first.value, value, { left: `"${first.name}"`, right: `"${name}"` })
    positions.forEach((at, i) => {
      checkRow(first, i, { name, value }, at)
    })
    return positions
  })
}

function checkClassLists(first: NamedRows<Rows>, other: NamedRows<Rows>): void {
  const [expected, received] = [first.value.classNames.join(', '), other.value.classNames.join(', ')]
  if (expected === received) return
  throw new PipelineError('ERR_CLASS_LIST', {
    message: `"${other.name}" has another class list than "${first.name}"`,
    expected,
    received,
    hint: 'both must come from the same images',
  })
}

function checkRow(first: NamedRows<Rows>, i: number, other: NamedRows<Rows>, at: number): void {
  const [a, b] = [first.value, other.value]
  for (const column of ['partitions', 'groups', 'sourceIds'] as const) {
    if (a[column][i] !== b[column][at]) {
      throw new PipelineError('ERR_LEAKAGE', {
        message: `Row "${String(a.ids[i])}" differs in ${column} between "${first.name}" and "${other.name}"`,
        expected: String(a[column][i]),
        received: String(b[column][at]),
        hint: 'take both inputs from the same split',
      })
    }
  }
  if (a.labels[i] !== b.labels[at]) {
    throw new PipelineError('ERR_BAD_DATA', {
      message: `Row "${String(a.ids[i])}" has another label in "${other.name}" than in "${first.name}"`,
      expected: String(a.labels[i]),
      received: String(b.labels[at]),
    })
  }
}
