import {
  pickFeatures,
  type EstimatorImplementation,
  type FeatureBatch,
  type JsonObject,
  type OperationContext,
  type PredictionBatch,
} from '@etsef/plugin-api'
import { blank, fitVisibility, visibility } from '@etsef/plugin-api/semantics'
import { of } from 'rxjs'
import type { classifierOutputs, featureInputs, transformerOutputs } from '../adapter/ports.js'
import { knownOperation } from './known-operations.js'

type Code<U extends typeof classifierOutputs | typeof transformerOutputs> = EstimatorImplementation<
  JsonObject,
  typeof featureInputs,
  U,
  unknown,
  OperationContext
>

/** A link of a chain: an operation of this plugin with its code loaded. */
interface Link<U extends typeof classifierOutputs | typeof transformerOutputs> {
  readonly name: string
  readonly isSupervised: boolean
  readonly code: Code<U>
}

/** Projections and selectors, then a classifier: what is fitted as one inside a fold. */
export interface Chain {
  readonly steps: readonly Link<typeof transformerOutputs>[]
  readonly classifier: Link<typeof classifierOutputs>
}

/** All options of a chain. */
export interface ChainOptions {
  readonly steps: readonly JsonObject[]
  readonly classifier: JsonObject
}

/** Fitted states of a chain. */
export interface ChainState {
  readonly steps: readonly unknown[]
  readonly classifier: unknown
}

/** Loads the code of a chain of operations, by their short names. */
export async function loadChain(steps: readonly string[], classifier: string): Promise<Chain> {
  return {
    steps: await Promise.all(steps.map((name) => loadLink<typeof transformerOutputs>(name))),
    classifier: await loadLink<typeof classifierOutputs>(classifier),
  }
}

/** What the steps of a chain make of rows, when fitted on some of them. */
export interface Transformed {
  readonly states: readonly unknown[]
  readonly fitted: FeatureBatch
  readonly other: FeatureBatch
}

/** Fits the steps of a chain on `fitRows` of a table, and applies them to those and to `otherRows`. */
export async function fitSteps(
  { steps }: Chain,
  table: FeatureBatch,
  fitRows: ArrayLike<number>,
  otherRows: ArrayLike<number>,
  options: readonly JsonObject[],
  ctx: OperationContext,
): Promise<Transformed> {
  let fitted = pickFeatures(table, Array.from(fitRows))
  let other = pickFeatures(table, Array.from(otherRows))
  const states: unknown[] = []
  for (const [index, { code, isSupervised, name }] of steps.entries()) {
    const inner = innerContext(ctx, name, index)
    const seen = blank(fitted, { ...fitVisibility([], isSupervised), hidesNames: false }) as FeatureBatch
    const state = await code.fit({ options: options[index]!, inputs: { features: of(seen) }, ctx: inner })
    states.push(state)
    fitted = await transform(code, state, fitted, options[index]!, inner)
    other = await transform(code, state, other, options[index]!, inner)
  }
  return { states, fitted, other }
}

/** Fits the classifier of a chain on rows its steps have been applied to. */
export function fitClassifier(
  chain: Chain,
  rows: FeatureBatch,
  options: JsonObject,
  ctx: OperationContext,
): Promise<unknown> {
  return chain.classifier.code.fit({
    options,
    inputs: { features: of(rows) },
    ctx: innerContext(ctx, chain.classifier.name),
  })
}

/** A fitted chain, opened for batches of rows. */
export interface OpenChain {
  apply(batch: FeatureBatch): Promise<PredictionBatch>
  close(): Promise<void>
}

type OpenStep = Awaited<ReturnType<NonNullable<Code<typeof transformerOutputs>['open']>>>

/** Opens a chain whose steps and classifier are fitted. It sees no labels, groups or partitions. */
export async function openChain(
  chain: Chain,
  state: ChainState,
  options: ChainOptions,
  ctx: OperationContext,
  features$: Parameters<Code<typeof classifierOutputs>['fit']>[0]['inputs']['features'],
): Promise<OpenChain> {
  const inputs = { features: features$ }
  const steps: OpenStep[] = []
  for (const [index, { code, name }] of chain.steps.entries()) {
    const opened = await code.open?.({ options: options.steps[index]!, inputs, ctx, state: state.steps[index] })
    if (!opened) throw new TypeError(`${name} gives no features`)
    steps.push(opened)
  }
  const classifier = await chain.classifier.code.open?.({
    options: options.classifier,
    inputs,
    ctx,
    state: state.classifier,
  })
  if (!classifier) throw new TypeError(`${chain.classifier.name} gives no predictions`)
  return {
    apply: async (batch) => {
      let rows = anonymous(batch)
      for (const step of steps) rows = (await step.apply(rows)).features
      return (await classifier.apply(rows)).predictions
    },
    close: async () => {
      for (const opened of [...steps, classifier]) await opened.close?.()
    },
  }
}

/** Class probabilities of a classifier for rows the steps have been applied to. */
export async function predictRows(
  chain: Chain,
  state: unknown,
  rows: FeatureBatch,
  options: JsonObject,
  ctx: OperationContext,
): Promise<PredictionBatch> {
  const alone = { steps: [], classifier: chain.classifier }
  const opened = await openChain(
    alone,
    { steps: [], classifier: state },
    { steps: [], classifier: options },
    ctx,
    of(rows),
  )
  const predictions = await opened.apply(rows)
  await opened.close()
  return predictions
}

/** The context of a fit inside another: a seed of its own; figures and progress are left to the whole. */
export function innerContext(ctx: OperationContext, ...labels: readonly (string | number)[]): OperationContext {
  return {
    ...ctx,
    seed: [ctx.seed, ...labels].join('/'),
    rng: (...more) => ctx.rng(...labels, ...more),
    log: (level, message) => {
      ctx.log(level === 'warn' ? 'info' : 'debug', `${labels.join('/')}: ${message}`)
    },
    progress: () => undefined,
    metric: () => undefined,
  }
}

async function loadLink<U extends typeof classifierOutputs | typeof transformerOutputs>(
  name: string,
): Promise<Link<U>> {
  const operation = knownOperation(name)
  // Only classifiers, projections and selectors of this plugin have such names: features in, U out.
  return { name, isSupervised: operation.supervised === true, code: (await operation.load()) as Code<U> }
}

async function transform(
  code: Code<typeof transformerOutputs>,
  state: unknown,
  rows: FeatureBatch,
  options: JsonObject,
  ctx: OperationContext,
): Promise<FeatureBatch> {
  const hidden = anonymous(rows)
  const opened = await code.open?.({ options, inputs: { features: of(hidden) }, ctx, state })
  if (!opened) throw new TypeError('a step without features')
  const { features } = await opened.apply(hidden)
  await opened.close?.()
  return { ...rows, features: features.features, featureNames: features.featureNames }
}

/** Rows as `apply` sees them. Their names are opaque already. */
function anonymous(rows: FeatureBatch): FeatureBatch {
  // Blanking keeps the kind.
  return blank(rows, { ...visibility.apply, hidesNames: false }) as FeatureBatch
}
