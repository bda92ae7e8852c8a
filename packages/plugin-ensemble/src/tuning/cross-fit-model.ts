import { canonicalJson, type FeatureBatch, type OperationContext } from '@etsef/plugin-api'
import type { Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../numeric/linear-algebra/matrix.js'
import {
  fitClassifier,
  fitSteps,
  innerContext,
  predictRows,
  type Chain,
  type ChainOptions,
  type Transformed,
} from './chain.js'
import { takeShare, type Fold } from './grouped-folds.js'

/** Training rows, and how they are dealt into folds. */
export interface FoldedTable {
  readonly table: FeatureBatch
  readonly y: Labels
  readonly components: Int32Array
  readonly folds: readonly Fold[]
}

/** Scores of every training row by a chain that has not seen it, nor any row of its group or original image. */
export type CrossFit = (options: ChainOptions, share: number) => Promise<Matrix>

/**
 * Makes a {@link CrossFit}, which fits the chain once per fold, steps included.
 *
 * Consecutive calls with equal step options and share fit the steps once.
 *
 * @returns A function of all options and of the share in (0, 1] of each fold's training rows to fit on. It gives
 * `[numSamples, numClasses]`, in the order of the table.
 */
export function createCrossFit(
  chain: Chain,
  { table, y, components, folds }: FoldedTable,
  ctx: OperationContext,
): CrossFit {
  let [knownFor, known]: [string, Transformed[]] = ['', []]
  return async (options, share) => {
    const key = canonicalJson([options.steps, share])
    if (key !== knownFor) [knownFor, known] = [key, []]
    const scores = matrix(table.ids.length, y.numClasses)
    for (const [number, { train, held }] of folds.entries()) {
      ctx.signal.throwIfAborted()
      // The same seed for every candidate: they are compared on the same draws.
      const inner = innerContext(ctx, 'fold', number)
      const rows = takeShare(train, y, components, share, inner.rng('share'))
      known[number] ??= await fitSteps(chain, table, rows, held, options.steps, inner)
      const { fitted, other } = known[number]
      const state = await fitClassifier(chain, fitted, options.classifier, inner)
      const predicted = await predictRows(chain, state, other, options.classifier, inner)
      held.forEach((row, at) => {
        scores.data.set(predicted.scores.subarray(at * y.numClasses, (at + 1) * y.numClasses), row * y.numClasses)
      })
    }
    return scores
  }
}
