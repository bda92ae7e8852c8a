import type { OperationContext, PredictionBatch, Rows } from '@etsef/plugin-api'
import { of, type Observable } from 'rxjs'

/** Predictions for the rows, as one batch. */
export function predictionsOf(
  rows: Rows,
  scores: Float64Array,
  predicted: Int32Array,
  scoreKind: PredictionBatch['scoreKind'],
): { readonly predictions: Observable<PredictionBatch> } {
  return { predictions: of({ kind: 'predictions', ...rows, scores, scoreKind, predicted }) }
}

/** Records a figure of each member, e.g. its weight. */
export function recordMembers(
  ctx: OperationContext,
  figure: string,
  members: readonly { readonly name: string }[],
  values: ArrayLike<number>,
): void {
  members.forEach(({ name }, m) => ctx.metric(`${figure}.${name}`, values[m]!))
}
