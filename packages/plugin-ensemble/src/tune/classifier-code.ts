import {
  concatPredictions,
  hiddenLabel,
  pickFeatures,
  type EstimatorImplementation,
  type FeatureBatch,
  type JsonObject,
  type Operation,
  type OperationContext,
  type PredictionBatch,
} from '@etsef/plugin-api'
import { of } from 'rxjs'
import type { classifierOutputs, featureInputs } from '../adapter/ports.js'

/** Code of any classifier operation of this plugin, its options erased. */
export type ClassifierCode = EstimatorImplementation<
  JsonObject,
  typeof featureInputs,
  typeof classifierOutputs,
  unknown
>

/** Loads the code of a classifier operation. */
export async function loadClassifier(operation: Operation): Promise<ClassifierCode> {
  // Only operations of `operations/classifiers` come here: features in, predictions and model out.
  return (await operation.load()) as ClassifierCode
}

/** Fits a classifier on the given rows of a table. */
export function fitOn(
  code: ClassifierCode,
  table: FeatureBatch,
  rows: ArrayLike<number>,
  options: JsonObject,
  ctx: OperationContext,
): Promise<unknown> {
  return code.fit({ options, inputs: { features: of(pickFeatures(table, Array.from(rows))) }, ctx })
}

/** Predictions of a fitted classifier for the given rows; it sees no labels, groups or partitions. */
export async function predictOn(
  code: ClassifierCode,
  state: unknown,
  table: FeatureBatch,
  rows: ArrayLike<number>,
  options: JsonObject,
  ctx: OperationContext,
): Promise<PredictionBatch> {
  const picked = pickFeatures(table, Array.from(rows))
  const batch: FeatureBatch = {
    ...picked,
    labels: picked.labels.map(() => hiddenLabel),
    groups: picked.ids.map(() => ''),
    partitions: picked.ids.map(() => 'none'),
  }
  const opened = await code.open?.({ options, inputs: { features: of(batch) }, ctx, state })
  if (!opened) throw new TypeError('a classifier without predictions')
  const { predictions } = await opened.apply(batch)
  await opened.close?.()
  return concatPredictions([predictions])
}

/** The context of a fit inside another: a seed of its own, warnings kept, figures and progress left to the whole. */
export function innerContext(ctx: OperationContext, ...labels: readonly (string | number)[]): OperationContext {
  const seed = [ctx.seed, ...labels].join('/')
  return {
    ...ctx,
    seed,
    rng: (...more) => ctx.rng(...labels, ...more),
    log: (level, message) => {
      ctx.log(level === 'warn' ? 'info' : 'debug', `${labels.join('/')}: ${message}`)
    },
    progress: () => undefined,
    metric: () => undefined,
  }
}
