import { collectImages, PipelineError, type ImageBatch, type OperationContext } from '@etsef/plugin-api'
import {
  drawView,
  eachConcurrently,
  hashString,
  initWeights,
  loadEngine,
  makeView,
  openPixelStore,
  preprocess,
  readModel,
  trainClassifier,
  viewPresets,
  withHead,
  type EpochRecord,
  type Graph,
  type LabelledSource,
  type Model,
  type OptimizerOptions,
  type PixelStore,
  type Preprocessing,
  type TrainClassifierOptions,
  type TrainClassifierResult,
  type Weights,
} from '@etsef/nn'
import type { Observable } from 'rxjs'
import type { Static } from '@etsef/plugin-api'
import { engineOf } from '../embed/open-embedder.js'
import type { pretrainOptions } from '../pretrain/pretrain.js'

/** Options of {@link fitClassifier}. */
export type FitOptions = Static<typeof pretrainOptions> & {
  readonly headEpochs?: number
  readonly headLearningRate?: number
}

/** Pictures, start weights and engine of a training, for one network or several. */
export interface Training {
  readonly images: ImageBatch
  readonly pixels: PixelStore
  /** Positions of the train rows in `images`. */
  readonly trainRows: readonly number[]
  /** The network and head every training starts from. */
  readonly start: Model
  /** Trains on the given rows; val rows pick the best epoch. */
  fit(rows: readonly number[], part?: TrainingPart): Promise<Model>
}

/** Which of several trainings. */
export interface TrainingPart {
  /** Before the names of metrics and checkpoints, e.g. `fold1.`. */
  readonly prefix: string
  readonly index: number
  readonly count: number
}

/**
 * Trains a network with a head for the images' classes: first the head alone for `headEpochs`, then everything after `freeze`.
 * The head of `init` is kept when its class list and shape are the ones asked for.
 *
 * @throws PipelineError `ERR_TOO_FEW_ROWS` without train rows.
 */
export async function fitClassifier(
  images$: Observable<ImageBatch>,
  initDir: string,
  options: FitOptions,
  ctx: OperationContext,
): Promise<Model> {
  const training = await openTraining(images$, initDir, options, ctx)
  return training.fit(training.trainRows)
}

/** Decodes the pictures and builds the network that {@link fitClassifier} trains. */
export async function openTraining(
  images$: Observable<ImageBatch>,
  initDir: string,
  options: FitOptions,
  ctx: OperationContext,
): Promise<Training> {
  const [images, init] = await Promise.all([collectImages(images$, ctx.signal), readModel(initDir)])
  const side = options.inputSize ?? init.graph.inputShape[0]
  const start = prepare(init, images.classNames, side, options, ctx.seed)
  const rowsIn = (partition: string): number[] =>
    images.partitions.flatMap((value, i) => (value === partition ? [i] : []))
  const trainRows = rowsIn('train')
  if (trainRows.length === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', { message: 'There are no train rows', hint: 'split the images first' })
  }
  const keepsOriginals = options.augment !== 'none'
  const pixels = await openPixelStore(images, { side, keepsOriginals, signal: ctx.signal })
  const engine = await loadEngine({ prefer: engineOf(ctx), log: (line) => ctx.log('warn', line) })
  const valRows = rowsIn('val')
  const validation = valRows.length > 0 ? labelled(pixels, images, valRows, init.preprocessing) : undefined
  const { headEpochs = 0, headLearningRate = options.learningRate } = options
  const base = trainOptions(options)
  const fit: Training['fit'] = async (rows, { prefix, index, count } = { prefix: '', index: 0, count: 1 }) => {
    const plain = labelled(pixels, images, rows, init.preprocessing)
    const isAugmented = options.augment !== 'none' || pixels.views !== undefined
    const train = isAugmented ? augmented(plain, pixels, rows, init.preprocessing) : plain
    const numEpochs = headEpochs + options.epochs
    let done = index * numEpochs
    const phase = (name: string, weights: Weights, given: TrainClassifierOptions) =>
      trainClassifier({
        graph: start.graph,
        weights,
        engine,
        train,
        ...(validation === undefined ? {} : { validation }),
        options: given,
        seed: `${ctx.seed}/${prefix}${name}`,
        signal: ctx.signal,
        checkpoint: { directory: ctx.checkpointDir, name: `${prefix}${name}` },
        onEpoch: (record) => {
          ctx.progress(++done, count * numEpochs, 'epochs')
          report(ctx, `${prefix}${headEpochs > 0 ? `${name}.` : ''}`, record)
        },
      })
    const results: TrainClassifierResult[] = []
    if (headEpochs > 0) {
      const head = { ...base, epochs: headEpochs, learningRate: headLearningRate, freeze: 'backbone' }
      results.push(await phase('head', start.weights, head))
    }
    if (options.epochs > 0) results.push(await phase('body', results.at(-1)?.weights ?? start.weights, base))
    return {
      ...start,
      weights: results.at(-1)?.weights ?? start.weights,
      trainingRecord: {
        init: init.trainingRecord,
        options,
        engine: engine.id,
        numTrain: rows.length,
        numVal: valRows.length,
        phases: results.map(({ history, bestEpoch, numTrainable }) => ({ bestEpoch, numTrainable, history })),
      },
    }
  }
  return { images, pixels, trainRows, start, fit }
}

function prepare(init: Model, classNames: readonly string[], side: number, options: FitOptions, seed: string): Model {
  const { headHidden: hidden, dropout } = options
  const resized: Graph = { ...init.graph, inputShape: [side, side, 3] }
  const graph = withHead(resized, { numClasses: classNames.length, hidden, dropout })
  // Another class list asks another question: the old head answers nothing of it.
  const keepsHead = init.classNames.join('\n') === classNames.join('\n') && headShape(init.graph) === headShape(graph)
  const headNodes = new Set(graph.nodes.filter((node) => node.stage === 'head').map((node) => node.name))
  const given = keepsHead
    ? init.weights
    : new Map([...init.weights].filter(([name]) => !headNodes.has(name.slice(0, name.lastIndexOf('/')))))
  const weights = initWeights(graph, hashString(seed), given)
  return { graph, weights, classNames, preprocessing: init.preprocessing, trainingRecord: {} }
}

function headShape(graph: Graph): string {
  const layers = graph.nodes.filter((node) => node.stage === 'head' && node.op === 'dense')
  return layers.map((node) => (node.op === 'dense' ? `${node.name}:${node.units}` : '')).join()
}

function trainOptions(options: FitOptions): TrainClassifierOptions {
  const { clipNorm, patience, monitor } = options
  return {
    epochs: options.epochs,
    batchSize: options.batchSize,
    learningRate: options.learningRate,
    optimizer: optimizerOf(options),
    schedule: { kind: options.schedule, warmupEpochs: options.warmupEpochs },
    freeze: options.freeze,
    stageDecay: options.stageDecay,
    labelSmoothing: options.labelSmoothing,
    focalGamma: options.focalGamma,
    classWeight: options.classWeight,
    batchNormMomentum: options.batchNormMomentum,
    earlyStopping: { patience: patience ?? Infinity, metric: monitor },
    accumulate: options.accumulate,
    ...(clipNorm === null ? {} : { clipNorm }),
    ...(options.emaDecay === null ? {} : { emaDecay: options.emaDecay }),
  }
}

function optimizerOf({ optimizer, weightDecay }: FitOptions): OptimizerOptions {
  switch (optimizer) {
    case 'adam':
      return { name: 'adam' }
    case 'adamW':
      return { name: 'adamW', weightDecay }
    case 'sgd':
      return { name: 'sgd', momentum: 0.9, weightDecay }
  }
}

function labelled(
  pixels: PixelStore,
  images: ImageBatch,
  rows: readonly number[],
  contract: Preprocessing,
): LabelledSource {
  return {
    size: rows.length,
    labels: Int32Array.from(rows, (row) => images.labels[row]!),
    read: async (indices) => preprocess(await pixels.read(indices.map((i) => rows[i]!)), contract),
  }
}

/** The same examples, changed at random while learning. */
function augmented(
  plain: LabelledSource,
  pixels: PixelStore,
  rows: readonly number[],
  contract: Preprocessing,
): LabelledSource {
  const length = pixels.side * pixels.side * 3
  return {
    ...plain,
    isAugmented: true,
    read: async (indices, rng) => {
      if (rng === undefined) return plain.read(indices)
      const views = new Float32Array(indices.length * length)
      const drawn = indices.map((i) => rows[i]!)
      if (pixels.views) {
        await pixels.views(drawn, rng.integer(2 ** 31), views)
        return preprocess(views, contract, views)
      }
      const originals = await pixels.originals(drawn)
      const makeInto = async (i: number): Promise<void> => {
        const image = originals[i]!
        const view = drawView(image.shape[0], image.shape[1], viewPresets.light, rng.fork(indices[i]!))
        views.set(await makeView(image, pixels.side, view), i * length)
      }
      await eachConcurrently(indices.length, 16, makeInto)
      return preprocess(views, contract, views)
    },
  }
}

function report(ctx: OperationContext, prefix: string, record: EpochRecord): void {
  ctx.metric(`${prefix}loss`, record.loss, record.epoch)
  ctx.metric(`${prefix}accuracy`, record.accuracy, record.epoch)
  if (record.validation === undefined) return
  ctx.metric(`${prefix}valLoss`, record.validation.loss, record.epoch)
  ctx.metric(`${prefix}valBalancedAccuracy`, record.validation.balancedAccuracy, record.epoch)
}
