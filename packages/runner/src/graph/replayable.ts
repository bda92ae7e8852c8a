import { isRowKind, type Operation } from '@etsef/plugin-api'

/** Why an operation cannot be asked about a new picture, and what would help. */
export interface NotReplayable {
  readonly why: string
  readonly hint?: string
}

/**
 * Whether the rows at an output of an operation can be had for a picture that the run has not seen.
 *
 * @param wired - Inputs that are wired.
 * @returns What stands against it.
 */
export function replayable(operation: Operation, output: string, wired: readonly string[]): NotReplayable | undefined {
  const { kind, type, rowPolicy, rows, joins } = operation
  const port = operation.outputs[output]
  if (kind === 'report') return { why: `it is a report (${type}), which reads test labels` }
  if (!port || !isRowKind(port.kind)) return { why: `its output "${output}" holds no rows` }
  if (kind === 'source')
    return port.kind === 'images' ? undefined : { why: `it is a source of ${port.kind} (${type}), not of pictures` }
  if (kind === 'combine') {
    const parts = rowPolicy === 'split' || rowPolicy === 'expand' || rowPolicy === 'subset'
    if (parts && port.kind === 'images') return undefined
    return {
      why: `it is a combine (${type}), which sees all its rows at once`,
      hint: 'an estimator or map with joins: true can be applied row by row',
    }
  }
  const side = wired.find((name) => isRowKind(operation.inputs[name]!.kind) && name !== rows && !joins)
  return side === undefined ? undefined : { why: `${type} reads all rows of its input "${side}" when it is opened` }
}
