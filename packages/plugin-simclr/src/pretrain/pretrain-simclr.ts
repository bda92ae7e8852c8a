import {
  augmentView,
  createGraphModel,
  createOptimizer,
  diverged,
  hashString,
  initWeights,
  isFiniteEverywhere,
  nextTurn,
  parametersOf,
  preprocess,
  range,
  readCheckpoint,
  refuseTooLarge,
  scheduleFactor,
  trainStep,
  withoutHead,
  writeCheckpoint,
  type Engine,
  type Graph,
  type GraphNode,
  type PixelStore,
  type Preprocessing,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type ViewOptions,
  type Weights,
  type WeightTensor,
} from '@etsef/nn'
import { createRng, PipelineError } from '@etsef/plugin-api'
import { ntXentLoss, ntXentPosition } from '../nt-xent/nt-xent.js'

/** Options of {@link pretrainSimclr}. */
export interface PretrainSimclrOptions {
  readonly epochs: number
  /** Pictures per step; each gives two views. A last batch of fewer than two pictures is left out. */
  readonly batchSize: number
  readonly learningRate: number
  /** In (0, inf); 0.1 to 0.5 for unit vectors. */
  readonly temperature: number
  /** Widths of the projection head's layers; ReLU between them. */
  readonly projection: readonly number[]
  readonly views: ViewOptions
  readonly warmupEpochs?: number
  /** Share of old moving statistics kept, default 0.9. */
  readonly batchNormMomentum?: number
}

/** One epoch of {@link pretrainSimclr}. */
export interface SimclrEpoch {
  /** From 1. */
  readonly epoch: number
  /** Mean NT-Xent in nats. */
  readonly loss: number
  /** 0 at the best reachable loss, 1 where all embeddings are equal; near 1 means nothing is learned. */
  readonly position: number
  /** Mean standard deviation of the unit projections' columns; about 1/√width when healthy, 0 when collapsed. */
  readonly std: number
}

/** Input of {@link pretrainSimclr}. */
export interface PretrainSimclrInput {
  readonly engine: Engine
  /** A backbone; a head is dropped. */
  readonly graph: Graph
  readonly weights: Weights
  readonly pixels: PixelStore
  readonly preprocessing: Preprocessing
  readonly options: PretrainSimclrOptions
  readonly seed: string | number
  readonly signal?: AbortSignal
  /** Told of every epoch; first of those that a checkpoint holds, so that a resumed run reports what a whole one does. */
  onEpoch?(record: SimclrEpoch): void
  readonly checkpoint?: { readonly directory: string; readonly name: string }
}

interface Progress {
  epoch: number
  step: number
  history: SimclrEpoch[]
}

/**
 * Contrastive pre-training of a whole backbone: two random views of each picture in one batch, NT-Xent on L2-normalised projections.
 * The projection head is thrown away.
 *
 * @returns The headless backbone, its weights, and the history.
 * @throws PipelineError `ERR_DIVERGED`, or `ERR_TOO_FEW_ROWS` below four pictures.
 * @see Chen et al. 2020, arXiv:2002.05709
 */
export async function pretrainSimclr(
  input: PretrainSimclrInput,
): Promise<{ readonly graph: Graph; readonly weights: Weights; readonly history: readonly SimclrEpoch[] }> {
  const { engine, pixels, options, checkpoint, signal } = input
  const { tf } = engine
  if (pixels.size < 4) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', {
      message: 'Contrastive pre-training needs at least four pictures',
      received: String(pixels.size),
    })
  }
  const backbone = withoutHead(input.graph)
  refuseTooLarge(engine, backbone, 2 * Math.min(options.batchSize, pixels.size))
  const momentum = options.batchNormMomentum ?? 0.9
  const graph = withProjection(backbone, options.projection, momentum)
  const rng = createRng(input.seed, 'simclr')
  const saved = checkpoint && (await readCheckpoint<Progress>(checkpoint.directory, checkpoint.name))
  const progress: Progress = saved?.progress ?? { epoch: 0, step: 0, history: [] }
  const start = initWeights(graph, hashString(String(input.seed)), backboneWeights(backbone, input.weights))
  const model = createGraphModel(engine, graph, saved?.tensors['weights'] ?? start)
  const moments = saved?.tensors['moments'] ?? new Map<string, WeightTensor>()
  const optimizer = createOptimizer(engine, { name: 'adam' }, saved && { step: progress.step, moments })
  const trainingNodes = new Set(graph.nodes.map((node) => node.name))
  const parameterNames = model.parameters.filter((parameter) => parameter.trainable).map(({ name }) => name)
  const schedule = { kind: 'cosine', warmupEpochs: options.warmupEpochs ?? 0 } as const
  try {
    for (const record of progress.history) input.onEpoch?.(record)
    for (; progress.epoch < options.epochs; progress.epoch++) {
      const epochRng = rng.fork('epoch', progress.epoch)
      const order = epochRng.fork('order').shuffle(range(0, pixels.size))
      const batches = cutBatches(order, options.batchSize)
      const sums = { loss: 0, position: 0, std: 0, images: 0 }
      for (const [step, indices] of batches.entries()) {
        await nextTurn(signal)
        const views = await makeViews(input, indices, (i) => epochRng.fork('view', i))
        const feeds = new Map<string, Tensor>([['input', tf.tensor(views, [2 * indices.length, ...graph.inputShape])]])
        const done = progress.epoch + (step + 1) / batches.length
        const rate = options.learningRate * scheduleFactor(schedule, done, options.epochs)
        let projections: Tensor | undefined
        const loss = (): Scalar => {
          const [z] = model.evaluate(feeds, ['projection'], { trainingNodes })
          projections = tf.keep(z!.clone())
          return ntXentLoss(tf, z as Tensor2D, { temperature: options.temperature })
        }
        const value = trainStep(model, loss, { parameterNames, optimizer, learningRate: () => rate })
        if (!Number.isFinite(value)) throw diverged(value, progress.epoch, `step ${step + 1}`, rate)
        sums.loss += value * indices.length
        sums.position += ntXentPosition(value, indices.length, options.temperature) * indices.length
        sums.std += unitStd(projections!.dataSync<'float32'>(), 2 * indices.length) * indices.length
        sums.images += indices.length
        projections!.dispose()
        feeds.get('input')!.dispose()
      }
      const { loss, position, std, images } = sums
      const record = { epoch: progress.epoch + 1, loss: loss / images, position: position / images, std: std / images }
      progress.history.push(record)
      if (checkpoint !== undefined) {
        progress.step = optimizer.readStep()
        await writeCheckpoint(checkpoint.directory, checkpoint.name, {
          tensors: { weights: model.readWeights(), moments: optimizer.readState().moments },
          progress: { ...progress, epoch: progress.epoch + 1 },
        })
      }
      input.onEpoch?.(record)
    }
    // NT-Xent on unit vectors has an upper bound, so only a value that is not finite tells of a divergence.
    const learnt = backboneWeights(backbone, model.readWeights())
    if (!isFiniteEverywhere(learnt)) throw diverged(NaN, options.epochs - 1, 'the last step', options.learningRate)
    return { graph: backbone, weights: learnt, history: progress.history }
  } finally {
    optimizer.dispose()
    model.dispose()
  }
}

/** First views of all pictures, then second views, preprocessed. */
async function makeViews(
  { pixels, preprocessing, options }: PretrainSimclrInput,
  indices: readonly number[],
  rngOf: (index: number) => ReturnType<typeof createRng>,
): Promise<Float32Array> {
  const { side } = pixels
  const length = side * side * 3
  const bytes = await pixels.read(indices)
  const views = new Float32Array(2 * indices.length * length)
  for (const [i, index] of indices.entries()) {
    const picture = bytes.subarray(i * length, (i + 1) * length)
    for (const half of [0, 1]) {
      const at = (half * indices.length + i) * length
      const view = views.subarray(at, at + length)
      augmentView(picture, side, options.views, rngOf(index).fork('half', half), view)
    }
  }
  return preprocess(views, preprocessing)
}

function withProjection(backbone: Graph, widths: readonly number[], momentum: number): Graph {
  const nodes: GraphNode[] = backbone.nodes.map((node) => (node.op === 'batchNorm' ? { ...node, momentum } : node))
  let last = backbone.featureNode
  for (const [i, units] of widths.entries()) {
    const isLast = i === widths.length - 1
    const name = isLast ? 'projection' : `projection${i + 1}`
    nodes.push({ op: 'dense', units, bias: true, name, inputs: [last], stage: 'projection' })
    last = name
    if (isLast) continue
    nodes.push({ op: 'activation', activation: 'relu', name: `${name}_relu`, inputs: [name], stage: 'projection' })
    last = `${name}_relu`
  }
  return { ...backbone, nodes }
}

function backboneWeights(backbone: Graph, weights: Weights): Weights {
  return new Map(parametersOf(backbone).map(({ name }): [string, WeightTensor] => [name, weights.get(name)!]))
}

/** Batches in order; a last one of a single picture, which has no negatives, is left out. */
function cutBatches(order: readonly number[], batchSize: number): number[][] {
  const batches: number[][] = []
  for (let start = 0; start < order.length; start += batchSize) batches.push(order.slice(start, start + batchSize))
  return batches.filter((batch) => batch.length > 1)
}

/** Mean over columns of the standard deviation (ddof 1) of L2-normalised rows. */
export function unitStd(values: Float32Array, rows: number): number {
  const width = values.length / rows
  const unit = new Float64Array(values.length)
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * width, (r + 1) * width)
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1
    row.forEach((value, c) => (unit[r * width + c] = value / norm))
  }
  let total = 0
  for (let c = 0; c < width; c++) {
    let mean = 0
    for (let r = 0; r < rows; r++) mean += unit[r * width + c]! / rows
    let square = 0
    for (let r = 0; r < rows; r++) square += (unit[r * width + c]! - mean) ** 2
    total += Math.sqrt(square / (rows - 1))
  }
  return total / width
}
