import type { FeatureBatch, JsonObject, OperationContext } from '@etsef/plugin-api'
import type { Labels } from '../checks/training-data.js'
import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { fitOn, innerContext, predictOn, type ClassifierCode } from './classifier-code.js'
import { takeShare, type Fold } from './grouped-folds.js'

/** Training rows, and how they are dealt into folds. */
export interface FoldedTable {
  readonly table: FeatureBatch
  readonly y: Labels
  readonly components: Int32Array
  readonly folds: readonly Fold[]
}

/**
 * Scores of every training row by a classifier that has not seen it, nor any row of its group or original image.
 *
 * @param share - Share of each fold's training rows to fit on, in (0, 1].
 * @returns `[numSamples, numClasses]`, in the order of the table.
 */
export async function outOfFoldScores(
  code: ClassifierCode,
  { table, y, components, folds }: FoldedTable,
  options: JsonObject,
  share: number,
  ctx: OperationContext,
): Promise<Matrix> {
  const scores = matrix(table.ids.length, y.numClasses)
  for (const [number, { train, held }] of folds.entries()) {
    ctx.signal.throwIfAborted()
    // The same seed for every candidate: they are compared on the same draws.
    const inner = innerContext(ctx, 'fold', number)
    const rows = takeShare(train, y, components, share, inner.rng('share'))
    const state = await fitOn(code, table, rows, options, inner)
    const predicted = await predictOn(code, state, table, held, options, inner)
    held.forEach((row, at) => {
      scores.data.set(predicted.scores.subarray(at * y.numClasses, (at + 1) * y.numClasses), row * y.numClasses)
    })
  }
  return scores
}
