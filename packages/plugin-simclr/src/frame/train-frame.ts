import {
  applyGradients,
  createGraphModel,
  createOptimizer,
  diverged,
  drawView,
  eachConcurrently,
  disposeGradients,
  hashString,
  initWeights,
  isFiniteEverywhere,
  makeView,
  nextTurn,
  parametersOf,
  preprocess,
  range,
  readCheckpoint,
  refuseTooLarge,
  scheduleFactor,
  undecayedParameters,
  withoutHead,
  writeCheckpoint,
  type Engine,
  type Gradients,
  type Graph,
  type GraphModel,
  type OptimizerOptions,
  type PixelStore,
  type Preprocessing,
  type Tensor2D,
  type ViewOptions,
  type Weights,
  type WeightTensor,
} from '@etsef/nn'
import { createRng, PipelineError, type Rng } from '@etsef/plugin-api'
import { embeddingMonitors } from '../monitors/embedding-monitors.js'
import { openProber, type Prober } from '../monitors/probe-features.js'
import type { ProbeScores, ProbeSet } from '../monitors/probes.js'
import type { EpochRecord } from './epoch-record.js'
import { addStepGradients, stepFunctions, type StepFunctions, type StepOutcome } from './gradients.js'
import type { SelfSupervisedMethod, ViewBatch } from './method.js'
import { findNotLearning, notLearning } from './not-learning.js'

/** Options of {@link trainSelfSupervised}. */
export interface FrameOptions {
  readonly epochs: number
  /** Pictures per step; each gives two views. A last batch of too few pictures is left out. */
  readonly batchSize: number
  /** Pictures on the tape at a time; see `addStepGradients`. Default: all of a batch. */
  readonly chunk?: number
  readonly learningRate: number
  readonly optimizer?: 'adam' | 'adamW' | 'sgd' | 'lars'
  readonly weightDecay?: number
  readonly warmupEpochs?: number
  /** Share of the rate that the cosine ends at, default 0.01. */
  readonly floor?: number
  readonly views: ViewOptions
  /** Share of old moving statistics kept, default 0.9. */
  readonly batchNormMomentum?: number
}

/** Input of {@link trainSelfSupervised}. */
export interface FrameInput {
  readonly engine: Engine
  readonly method: SelfSupervisedMethod
  /** A backbone; a head is dropped. */
  readonly graph: Graph
  readonly weights: Weights
  readonly pixels: PixelStore
  readonly preprocessing: Preprocessing
  /** Class of each picture, -1 where it is hidden; read by supervised methods only. */
  readonly labels?: Int32Array
  /** Labelled train rows that features are probed with, before training and after each epoch. */
  readonly probe?: ProbeSet | undefined
  readonly options: FrameOptions
  readonly seed: string | number
  readonly signal?: AbortSignal
  /** Told of every epoch; first of those that a checkpoint holds, so that a resumed run reports what a whole one does. */
  onEpoch?(record: EpochRecord): void
  readonly checkpoint?: { readonly directory: string; readonly name: string }
}

/** What {@link trainSelfSupervised} gives. */
export interface FrameResult {
  /** The headless backbone. */
  readonly graph: Graph
  readonly weights: Weights
  readonly history: readonly EpochRecord[]
  /** Probe of the features before training; null without labels. */
  readonly before: ProbeScores | null
}

interface Progress {
  epoch: number
  step: number
  history: EpochRecord[]
  before: ProbeScores | null
}

/**
 * Self-supervised pre-training of a whole backbone: two random views of each picture in one batch, a projection head that is thrown
 * away, one loss. Every epoch is monitored, and a training that learns nothing stops.
 *
 * @throws PipelineError `ERR_NOT_LEARNING`, `ERR_DIVERGED`, or `ERR_TOO_FEW_ROWS` below four pictures.
 */
export async function trainSelfSupervised(input: FrameInput): Promise<FrameResult> {
  const { engine, method, pixels, options, checkpoint } = input
  checkPictures(input)
  const momentum = options.batchNormMomentum ?? 0.9
  const plain = withoutHead(input.graph)
  const backbone: Graph = {
    ...plain,
    nodes: plain.nodes.map((node) => (node.op === 'batchNorm' ? { ...node, momentum } : node)),
  }
  const chunk = Math.min(options.chunk ?? options.batchSize, options.batchSize)
  refuseTooLarge(engine, backbone, 2 * Math.min(chunk, pixels.size))
  const graph = method.network(backbone)
  const rng = createRng(input.seed, method.name)
  const saved = checkpoint && (await readCheckpoint<Progress>(checkpoint.directory, checkpoint.name))
  const progress: Progress = saved?.progress ?? { epoch: 0, step: 0, history: [], before: null }
  const start = initWeights(graph, hashString(String(input.seed)), weightsOf(plain, input.weights))
  const model = createGraphModel(engine, graph, saved?.tensors['weights'] ?? start)
  const moments = saved?.tensors['moments'] ?? new Map<string, WeightTensor>()
  const optimizer = createOptimizer(engine, optimizerOf(options, graph), saved && { step: progress.step, moments })
  const functions = stepFunctions(model, method)
  const prober = openProber(model, input)
  try {
    if (saved === undefined && options.epochs > 0) {
      await checkContent(pixels)
      progress.before = await prober.probe(input.signal)
    }
    for (const record of progress.history) input.onEpoch?.(record)
    for (; progress.epoch < options.epochs; progress.epoch++) {
      const epochRng = rng.fork('epoch', progress.epoch)
      const shape = await runEpoch({ input, model, functions, prober, optimizer, chunk, progress, rng: epochRng })
      const record = progress.history.at(-1)!
      if (checkpoint !== undefined) {
        progress.step = optimizer.readStep()
        await writeCheckpoint(checkpoint.directory, checkpoint.name, {
          tensors: { weights: model.readWeights(), moments: optimizer.readState().moments },
          progress: { ...progress, epoch: progress.epoch + 1 },
        })
      }
      input.onEpoch?.(record)
      const trouble = findNotLearning(progress.history, shape)
      if (trouble !== undefined) throw trouble
    }
    // A loss of unit vectors has an upper bound, so only a value that is not finite tells of a divergence.
    const learnt = weightsOf(plain, model.readWeights())
    if (!isFiniteEverywhere(learnt)) throw diverged(NaN, options.epochs - 1, 'the last step', options.learningRate)
    return { graph: plain, weights: learnt, history: progress.history, before: progress.before }
  } finally {
    prober.dispose()
    optimizer.dispose()
    model.dispose()
  }
}

interface EpochInput {
  readonly input: FrameInput
  readonly model: GraphModel
  readonly functions: StepFunctions
  readonly prober: Prober
  readonly optimizer: ReturnType<typeof createOptimizer>
  readonly chunk: number
  readonly progress: Progress
  readonly rng: Rng
}

/** Runs an epoch and adds its record to the history; returns the width of the embeddings and the number of steps. */
async function runEpoch({
  input,
  model,
  functions,
  prober,
  optimizer,
  chunk,
  progress,
  rng,
}: EpochInput): Promise<{ readonly width: number; readonly steps: number }> {
  const { method, pixels, options, signal } = input
  const { epoch } = progress
  const order = rng.fork('order').shuffle(range(0, pixels.size))
  const batches = cutBatches(order, options.batchSize, method.minBatch)
  const schedule = { kind: 'cosine', warmupEpochs: options.warmupEpochs ?? 0, floor: options.floor ?? 0.01 } as const
  const sums = new RunningMeans()
  let width = 0
  let rankMe = 0
  const viewsOf = (part: readonly number[]): Promise<Float32Array> => {
    const made = makeViews(input, part, { epoch, rngOf: (index) => rng.fork('view', index) })
    // A step that fails before it reads them has told what is wrong.
    made.catch(() => undefined)
    return made
  }
  let ready = batches[0] && viewsOf(batches[0].slice(0, chunk))
  for (const [step, indices] of batches.entries()) {
    await nextTurn(signal)
    let ahead = ready
    ready = undefined
    const batch = batchOf(input, indices)
    const rate = options.learningRate * scheduleFactor(schedule, epoch + (step + 1) / batches.length, options.epochs)
    const views = async (from: number, to: number): Promise<Float32Array> => {
      if (from > 0 || ahead === undefined) return viewsOf(indices.slice(from, to))
      const made = await ahead
      ahead = undefined
      // Those of the next step are made while this one is computed.
      const next = batches[step + 1]
      if (next !== undefined) ready = viewsOf(next.slice(0, chunk))
      return made
    }
    const gradients: Gradients = new Map()
    let outcome: StepOutcome
    try {
      outcome = await addStepGradients({ model, method, functions, batch, views, chunk }, gradients)
      if (!Number.isFinite(outcome.loss)) throw diverged(outcome.loss, epoch, `step ${step + 1}`, rate)
      const isFirst = epoch === 0 && step === 0
      if (isFirst) checkScale(input, outcome, batch)
      const learn = (): void => {
        applyGradients(model, gradients, { parameterNames: [...gradients.keys()], optimizer, learningRate: () => rate })
      }
      if (isFirst) checkRate(model, learn, options.learningRate, rate)
      else learn()
    } finally {
      disposeGradients(gradients)
    }
    const rows = 2 * batch.numImages
    width = outcome.outputs[0]!.length / rows
    const monitors = embeddingMonitors(outcome.outputs[0]!, rows, step === batches.length - 1)
    rankMe = monitors.rankMe ?? rankMe
    sums.add(batch.numImages, {
      loss: outcome.loss,
      position: method.position(outcome.loss, batch),
      std: monitors.std,
      alignment: monitors.alignment,
      uniformity: monitors.uniformity,
    })
  }
  const scores = await prober.probe(signal)
  const position = sums.mean('position')
  progress.history.push({
    epoch: epoch + 1,
    loss: sums.mean('loss'),
    position: Number.isNaN(position) ? null : position,
    std: sums.mean('std'),
    rankMe,
    alignment: sums.mean('alignment'),
    uniformity: sums.mean('uniformity'),
    knn: scores?.knn ?? null,
    linear: scores?.linear ?? null,
  })
  return { width, steps: batches.length }
}

/** Means of figures over the pictures of an epoch; what is not a number does not count. */
class RunningMeans {
  readonly #sums = new Map<string, { total: number; weight: number }>()

  add(weight: number, figures: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(figures)) {
      if (Number.isNaN(value)) continue
      const entry = this.#sums.get(name) ?? { total: 0, weight: 0 }
      this.#sums.set(name, { total: entry.total + value * weight, weight: entry.weight + weight })
    }
  }

  mean(name: string): number {
    const entry = this.#sums.get(name)
    return entry === undefined ? NaN : entry.total / entry.weight
  }
}

/** @throws PipelineError for too few pictures, or for a batch that nothing can be learned from. */
function checkPictures({ pixels, options, method }: FrameInput): void {
  if (pixels.size < 4) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: 'Self-supervised pre-training needs at least four pictures',
      received: String(pixels.size),
    })
  }
  if (options.epochs > 0 && options.batchSize < method.minBatch) {
    throw notLearning('batch', 'the first step', `${options.batchSize} pictures a step`, `batchSize of ${method.minBatch} or more: with fewer there is next to nothing to tell a picture from`) // prettier-ignore
  }
}

/** @throws PipelineError `ERR_NOT_LEARNING` for pictures that show nothing. */
async function checkContent(pixels: PixelStore): Promise<void> {
  const looked = range(0, Math.min(pixels.size, 64))
  const bytes = await pixels.read(looked)
  const length = bytes.length / looked.length
  const pictures = looked.map((i) => bytes.subarray(i * length, (i + 1) * length))
  // A picture of one colour has nothing to recognise it by once brightness is changed.
  const areFlat = pictures.every((picture) => picture.every((value, at) => value === picture[at % 3]))
  const areEqual = pictures.every((picture) => picture.every((value, at) => value === pictures[0]![at]))
  if (!areFlat && !areEqual) return
  const found = `the first ${looked.length} pictures are ${areFlat ? 'of one colour each' : 'all the same'}`
  throw notLearning('pictures', 'before the first step', found, 'look at the pictures and at how they are decoded: window, bits, channels') // prettier-ignore
}

/** @throws PipelineError `ERR_NOT_LEARNING` for a loss that measures how long embeddings are. */
function checkScale({ engine, method }: FrameInput, { loss, outputs }: StepOutcome, batch: ViewBatch): void {
  const { tf } = engine
  const rows = 2 * batch.numImages
  const longer = tf.tidy(() => {
    const tensors = outputs.map((values) => tf.mul<Tensor2D>(tf.tensor2d(values, [rows, values.length / rows]), 3))
    const targets = method.targets?.(batch)
    return method.loss(tf, tensors, targets && tf.tensor2d(targets.data, targets.shape)).dataSync()[0]!
  })
  if (Math.abs(longer - loss) <= 1e-3 * Math.max(1, Math.abs(loss))) return
  throw notLearning('scale', 'the first step', `the loss is ${loss.toFixed(4)}, and ${longer.toFixed(4)} for embeddings three times as long`, 'embeddings must be normalised before they are compared: else the network only learns to make them long') // prettier-ignore
}

/** Share of its own length that a first step at the full rate may change the middle one of the kernels by; a few hundredths are usual. */
const largestChange = 0.2

/** Takes the first step. @throws PipelineError `ERR_NOT_LEARNING` when it changes weights so much that nothing is left of them. */
function checkRate(model: GraphModel, learn: () => void, fullRate: number, rate: number): void {
  const { tf } = model.engine
  const kernels = model.parameters.filter(({ trainable, shape }) => trainable && shape.length > 1)
  const variables = kernels.map(({ name }) => model.variables.get(name)!)
  const before = variables.map((variable) => variable.clone())
  learn()
  const changes = tf.tidy(() =>
    variables.map((variable, i) => {
      const length = tf.norm(before[i]!).dataSync()[0]!
      return length === 0 ? 0 : tf.norm(tf.sub(variable, before[i]!)).dataSync()[0]! / length
    }),
  )
  for (const tensor of before) tensor.dispose()
  const change = (changes.sort((a, b) => a - b)[Math.floor(changes.length / 2)] ?? 0) * (fullRate / rate)
  if (change <= largestChange) return
  throw notLearning('rate', 'the first step', `a step at rate ${fullRate} changes kernels by ${(100 * change).toFixed(0)} % of their length`, `learningRate ${(fullRate * 0.02 / change).toPrecision(1)} or so: with steps of that size nothing is left of what the network knew`) // prettier-ignore
}

/** Scores of the features of unchanged pictures; null without labels. */

/** Views that are asked for at a time: enough for threads to have the next one at hand. */
const viewsAtATime = 64

/** First views of all pictures, then second views, preprocessed. */
async function makeViews(
  { pixels, preprocessing, options }: FrameInput,
  indices: readonly number[],
  { epoch, rngOf }: { readonly epoch: number; readonly rngOf: (index: number) => Rng },
): Promise<Float32Array> {
  const { side } = pixels
  const length = side * side * 3
  const views = new Float32Array(2 * indices.length * length)
  if (pixels.views) {
    for (const half of [0, 1]) {
      const target = views.subarray(half * indices.length * length, (half + 1) * indices.length * length)
      await pixels.views(indices, 2 * epoch + half, target)
    }
    return preprocess(views, preprocessing, views)
  }
  const originals = await pixels.originals(indices)
  const makeInto = async (at: number): Promise<void> => {
    const [half, i] = [Math.floor(at / indices.length), at % indices.length]
    const image = originals[i]!
    const rng = rngOf(indices[i]!).fork('half', half)
    views.set(await makeView(image, side, drawView(image.shape[0], image.shape[1], options.views, rng)), at * length)
  }
  await eachConcurrently(2 * indices.length, viewsAtATime, makeInto)
  return preprocess(views, preprocessing)
}

function batchOf({ method, labels }: FrameInput, indices: readonly number[]): ViewBatch {
  const known = method.supervised ? labels : undefined
  return { numImages: indices.length, labels: Int32Array.from(indices, (index) => known?.[index] ?? -1) }
}

/** Batches in order; a last one of too few pictures to compare is left out. */
function cutBatches(order: readonly number[], batchSize: number, minBatch: number): number[][] {
  const batches: number[][] = []
  for (let start = 0; start < order.length; start += batchSize) batches.push(order.slice(start, start + batchSize))
  return batches.filter((batch) => batch.length >= Math.min(minBatch, order.length))
}

function optimizerOf({ optimizer = 'adam', weightDecay = 0 }: FrameOptions, graph: Graph): OptimizerOptions {
  const excluded = undecayedParameters(graph)
  switch (optimizer) {
    case 'adam':
      return { name: 'adam' }
    case 'adamW':
      return { name: 'adamW', weightDecay, excluded }
    case 'sgd':
      return { name: 'sgd', momentum: 0.9, weightDecay, excluded }
    case 'lars':
      return { name: 'lars', momentum: 0.9, weightDecay, excluded }
  }
}

function weightsOf(graph: Graph, weights: Weights): Weights {
  return new Map(parametersOf(graph).map(({ name }): [string, WeightTensor] => [name, weights.get(name)!]))
}
