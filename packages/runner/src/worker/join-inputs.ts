import type { Operation } from '@etsef/plugin-api'
import type { StoredBatch } from '@etsef/plugin-api/codec'
import { joinBatches, joinOrder } from '@etsef/plugin-api/semantics'
import type { OpenRows } from './stage-inputs.js'

/** Inputs whose rows come to `apply`, in the order in which they are joined: of what joins nothing, the one at its rows port. */
export function joinedRows(operation: Operation, inputs: readonly OpenRows[]): readonly OpenRows[] {
  const named = inputs.map((input) => ({ input, port: input.spec.port, name: input.spec.name }))
  const ordered = joinOrder(operation, named).map(({ input }) => input)
  return operation.joins ? ordered : ordered.filter(({ spec }) => spec.port === operation.rows)
}

/** Their batches, joined by id. */
export function joinInputs(edges: readonly OpenRows[]): AsyncIterable<readonly StoredBatch[]> {
  return joinBatches(edges.map(({ spec, reader }) => ({ name: spec.name, batches: reader.batches() })))
}
