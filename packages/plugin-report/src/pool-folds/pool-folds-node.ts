import { collectPredictions } from '@etsef/plugin-api'
import type { Named, SeedlessContext, PredictionBatch } from '@etsef/plugin-api'
import { of, type Observable } from 'rxjs'
import { outOfFold } from './out-of-fold.js'

/** Code of `report/pool-folds`. */
export async function run({
  inputs,
  ctx,
}: {
  readonly inputs: { readonly predictions: readonly Named<Observable<PredictionBatch>>[] }
  readonly ctx: SeedlessContext
}): Promise<{ readonly predictions: Observable<PredictionBatch> }> {
  const folds: Named<PredictionBatch>[] = []
  for (const { name, value } of inputs.predictions)
    folds.push({ name, value: await collectPredictions(value, ctx.signal) })
  return { predictions: of(outOfFold(folds)) }
}
