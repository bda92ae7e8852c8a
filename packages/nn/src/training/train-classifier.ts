import { createRng } from '@etsef/plugin-api'
import type { Engine } from '../engine/engine.js'
import type { Graph, Weights, WeightTensor } from '../graph/graph.js'
import { numLogits } from '../graph/num-logits.js'
import { inferShapes } from '../graph/shapes.js'
import { createGraphModel, type GraphModel } from '../run/graph-model.js'
import { readCheckpoint, writeCheckpoint } from './checkpoint.js'
import { classifierMetrics, type ClassifierMetrics } from './classifier-metrics.js'
import { classifierGradients } from './classifier-loss.js'
import { diverged, explodedLoss, isFiniteEverywhere } from './divergence.js'
import { nextTurn, openBoundary, range, type BoundarySource, type LabelledSource } from './examples.js'
import { balancedClassWeights } from './losses.js'
import { createOptimizer, type OptimizerOptions } from './optimizer.js'
import { refuseTooLarge } from './refuse-too-large.js'
import {
  scheduleFactor,
  scheduleMomentum,
  startPlateau,
  updatePlateau,
  type PlateauState,
  type ScheduleOptions,
} from './schedule.js'
import { trainEpoch } from './train-epoch.js'
import { trainablePart } from './trainable.js'
import { createWeightAverage } from './weight-average.js'
import { noLogits } from '../errors.js'

/** Options of {@link trainClassifier}. */
export interface TrainClassifierOptions {
  readonly epochs: number
  /** Default 16. The last, smaller batch of an epoch is kept. */
  readonly batchSize?: number
  /** Base rate, default 1e-3. */
  readonly learningRate?: number
  /** Default Adam in Keras' form. */
  readonly optimizer?: OptimizerOptions
  /** Default cosine without warm-up. */
  readonly schedule?: ScheduleOptions
  /** Last frozen stage, `backbone`, or `none` (default). Frozen weights and statistics do not change by a bit. */
  readonly freeze?: string
  /** Factor on the rate of each stage further from the output, in (0, 1], default 1. */
  readonly stageDecay?: number
  readonly labelSmoothing?: number
  readonly focalGamma?: number
  /** `balanced` weighs rare classes more. Default none. */
  readonly classWeight?: 'balanced' | 'none' | readonly number[]
  /** Bound on the joint gradient norm; default none. */
  readonly clipNorm?: number
  /** Parts a batch is computed in (gradient accumulation), default 1; batch norm and class weights see one part at a time. */
  readonly accumulate?: number
  /** Decay of a moving average of the weights, warmed up; the average is validated and returned. Default none. */
  readonly emaDecay?: number
  /** Share of old moving statistics kept by learning batch norms; default 0.9, for short runs. `null` keeps the network's own. */
  readonly batchNormMomentum?: number | null
  /** Stops after `patience` epochs without a better validation figure. The best epoch's weights are returned in any case. */
  readonly earlyStopping?: { readonly patience: number; readonly metric?: 'loss' | 'balancedAccuracy' }
  /** Memory for values of the frozen part, default 512 MB; 0 recomputes them. */
  readonly frozenCacheMb?: number
}

/** One line of the training history. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number
  readonly learningRate: number
  readonly loss: number
  readonly accuracy: number
  readonly validation?: ClassifierMetrics
}

/** Input of {@link trainClassifier}. */
export interface TrainClassifierInput {
  readonly engine: Engine
  /** A network with logits. */
  readonly graph: Graph
  readonly weights: Weights
  readonly train: LabelledSource
  /** Picks the best epoch; without it the last epoch counts. */
  readonly validation?: LabelledSource
  readonly options: TrainClassifierOptions
  readonly seed: string | number
  readonly signal?: AbortSignal
  /** Told of every epoch; first of those that a checkpoint holds, so that a resumed run reports what a whole one does. */
  onEpoch?(record: EpochRecord): void
  /** Saved after each epoch and resumed from, bit for bit. */
  readonly checkpoint?: { readonly directory: string; readonly name: string }
}

/** Outcome of {@link trainClassifier}. */
export interface TrainClassifierResult {
  readonly weights: Weights
  readonly history: readonly EpochRecord[]
  /** Epoch of `weights`, from 1; 0 when no epoch was run. */
  readonly bestEpoch: number
  readonly numTrainable: number
}

interface Progress {
  epoch: number
  step: number
  history: EpochRecord[]
  plateau: PlateauState
  bestEpoch: number
  bestScore: number | null
  stalled: number
  /** Of the first step. */
  firstLoss: number | null
}

/**
 * Trains a classifier with an own step over an explicit list of parameters: what is frozen is bit-frozen, batch norm included.
 *
 * @throws PipelineError `ERR_DIVERGED` when the loss explodes or is not finite; `ERR_BAD_OPTION` when `freeze` names no stage.
 */
export async function trainClassifier(input: TrainClassifierInput): Promise<TrainClassifierResult> {
  const { engine, train, validation, options, checkpoint } = input
  const { epochs, batchSize = 16, learningRate = 1e-3, freeze = 'none', frozenCacheMb = 512, accumulate = 1 } = options
  const { schedule = { kind: 'cosine' }, batchNormMomentum = 0.9 } = options
  if (input.graph.logitsNode === undefined) throw noLogits(input.graph.architecture)
  const graph = withMomentum(input.graph, batchNormMomentum)
  const part = trainablePart(graph, freeze)
  if (freeze !== 'backbone') refuseTooLarge(engine, graph, Math.ceil(batchSize / accumulate))
  const rng = createRng(input.seed, 'train-classifier')
  const rates = stageRates(graph, options.stageDecay ?? 1)
  const classWeight = resolveClassWeight(options, train.labels, numLogits(graph))

  const saved = checkpoint && (await readCheckpoint<Progress>(checkpoint.directory, checkpoint.name))
  const progress = saved?.progress ?? freshProgress()
  const model = createGraphModel(engine, graph, withOverrides(input.weights, saved?.tensors['weights']))
  let best = saved?.tensors['best']
  const moments = saved?.tensors['moments'] ?? new Map<string, WeightTensor>()
  const optimizer = createOptimizer(
    engine,
    options.optimizer ?? { name: 'adam' },
    saved && { step: progress.step, moments },
  )
  const average =
    options.emaDecay === undefined
      ? undefined
      : createWeightAverage(model, part.parameterNames, options.emaDecay, {
          step: progress.step,
          values: saved?.tensors['average'] ?? new Map<string, WeightTensor>(),
        })
  try {
    const boundaryOptions = { batchSize: 32, limitMb: frozenCacheMb, shapes: inferShapes(graph) }
    const trainValues = await openBoundary(model, train, part.boundary, boundaryOptions)
    const validationValues = validation && (await openBoundary(model, validation, part.boundary, boundaryOptions))

    for (const record of progress.history) input.onEpoch?.(record)
    const checkLoss = (loss: number, at: string, rate: number): void => {
      progress.firstLoss ??= loss
      const limit = explodedLoss(numLogits(graph), progress.firstLoss)
      if (!Number.isFinite(loss) || loss > limit) throw diverged(loss, progress.epoch, at, rate)
    }
    const lossOptions = {
      labelSmoothing: options.labelSmoothing ?? 0,
      focalGamma: options.focalGamma ?? 0,
      ...(classWeight === undefined ? {} : { classWeight }),
    }
    const epochOptions = {
      ...{ part, train, batchSize, accumulate, optimizer, lossOptions },
      differentiate: classifierGradients(model, part, lossOptions),
      checkLoss,
      rateFactor: (name: string) => rates.get(name) ?? 1,
      clipNorm: options.clipNorm,
      signal: input.signal,
    }
    while (progress.epoch < epochs && !isStopped(progress, options)) {
      const { rate, loss, accuracy } = await trainEpoch(model, {
        ...epochOptions,
        values: trainValues,
        rateAt: (share) => learningRate * scheduleFactor(schedule, progress.epoch + share, epochs, progress.plateau),
        momentumAt: (share) => scheduleMomentum(schedule, progress.epoch + share, epochs),
        rng: rng.fork('epoch', progress.epoch),
        onStep: () => average?.update(),
      })
      const swapBack = average?.swapIn()
      const metrics =
        validation && validationValues
          ? await evaluateClassifier(model, validation, validationValues, classWeight, input.signal)
          : undefined
      if (metrics) checkLoss(metrics.loss, 'validation', rate)
      progress.epoch++
      const record: EpochRecord = {
        epoch: progress.epoch,
        learningRate: rate,
        loss,
        accuracy,
        ...(metrics === undefined ? {} : { validation: metrics }),
      }
      progress.history.push(record)
      updatePlateau(progress.plateau, schedule, metrics ? scoreOf(metrics, options) : -record.loss)
      if (takeIfBetter(progress, metrics, options)) {
        best = readNamed(model, part.changingNames)
        if (!isFiniteEverywhere(best)) throw diverged(NaN, progress.epoch - 1, 'the last step', rate)
      }
      swapBack?.()
      progress.step = optimizer.readStep()
      if (checkpoint !== undefined) {
        await writeCheckpoint(checkpoint.directory, checkpoint.name, {
          tensors: {
            weights: readNamed(model, part.changingNames),
            best: best!,
            moments: optimizer.readState().moments,
            ...(average === undefined ? {} : { average: average.read() }),
          },
          progress,
        })
      }
      input.onEpoch?.(record)
    }
    const weights = withOverrides(input.weights, best)
    const { history, bestEpoch } = progress
    return { weights, history, bestEpoch, numTrainable: part.numTrainable }
  } finally {
    average?.dispose()
    optimizer.dispose()
    model.dispose()
  }
}

async function evaluateClassifier(
  model: GraphModel,
  source: LabelledSource,
  values: BoundarySource,
  classWeight: readonly number[] | undefined,
  signal: AbortSignal | undefined,
): Promise<ClassifierMetrics> {
  const logits = new Float32Array(source.size * numLogits(model.graph))
  for (let start = 0; start < source.size; start += 32) {
    await nextTurn(signal)
    const feeds = await values.read(range(start, Math.min(source.size, start + 32)))
    const [out] = model.evaluate(feeds, [model.graph.logitsNode!])
    logits.set(out!.dataSync<'float32'>(), start * numLogits(model.graph))
    for (const tensor of [out!, ...feeds.values()]) tensor.dispose()
  }
  return classifierMetrics(logits, source.labels, classWeight === undefined ? {} : { classWeight })
}

function takeIfBetter(
  progress: Progress,
  metrics: ClassifierMetrics | undefined,
  options: TrainClassifierOptions,
): boolean {
  const score = metrics === undefined ? progress.epoch : scoreOf(metrics, options)
  if (progress.bestScore !== null && !(score > progress.bestScore)) {
    progress.stalled++
    return false
  }
  progress.bestScore = score
  progress.bestEpoch = progress.epoch
  progress.stalled = 0
  return true
}

/** The monitored figure, higher is better: the direction belongs to the metric, a loss falls and an accuracy rises. */
function scoreOf(metrics: ClassifierMetrics, { earlyStopping }: TrainClassifierOptions): number {
  return (earlyStopping?.metric ?? 'loss') === 'loss' ? -metrics.loss : metrics.balancedAccuracy
}

function isStopped(progress: Progress, options: TrainClassifierOptions): boolean {
  return options.earlyStopping !== undefined && progress.stalled >= options.earlyStopping.patience
}

function freshProgress(): Progress {
  return {
    epoch: 0,
    step: 0,
    history: [],
    plateau: startPlateau(),
    bestEpoch: 0,
    bestScore: null,
    stalled: 0,
    firstLoss: null,
  }
}

function withMomentum(graph: Graph, momentum: number | null): Graph {
  if (momentum === null) return graph
  return { ...graph, nodes: graph.nodes.map((node) => (node.op === 'batchNorm' ? { ...node, momentum } : node)) }
}

/** Rate factor of each parameter: `decay` once for each stage between its own and the last. */
function stageRates(graph: Graph, decay: number): Map<string, number> {
  const stages = [...new Set(graph.nodes.map((node) => node.stage))]
  const factors = new Map(stages.map((stage, i) => [stage, decay ** (stages.length - 1 - i)]))
  const names = ['kernel', 'bias', 'gamma', 'beta']
  return new Map(
    graph.nodes.flatMap((node) =>
      names.map((name): [string, number] => [`${node.name}/${name}`, factors.get(node.stage)!]),
    ),
  )
}

function resolveClassWeight(
  options: TrainClassifierOptions,
  labels: Int32Array,
  numClasses: number,
): readonly number[] | undefined {
  const { classWeight = 'none' } = options
  if (classWeight === 'none') return undefined
  return classWeight === 'balanced' ? balancedClassWeights(labels, numClasses) : classWeight
}

function readNamed(model: GraphModel, names: readonly string[]): Map<string, WeightTensor> {
  return new Map(
    names.map((name): [string, WeightTensor] => {
      const variable = model.variables.get(name)!
      return [name, { shape: variable.shape, data: Float32Array.from(variable.dataSync<'float32'>()) }]
    }),
  )
}

function withOverrides(weights: Weights, overrides: Weights | undefined): Weights {
  return overrides === undefined ? weights : new Map([...weights, ...overrides])
}
