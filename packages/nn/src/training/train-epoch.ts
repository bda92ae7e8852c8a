import type { Rng } from '@etsef/plugin-api'
import type { GraphModel } from '../run/graph-model.js'
import { classifierFeeds } from './classifier-loss.js'
import { nextTurn, range, type BoundarySource, type LabelledSource } from './examples.js'
import type { GradientFunction } from './gradient-function.js'
import { weightOfRows, type CrossEntropyOptions } from './losses.js'
import type { Optimizer } from './optimizer-contract.js'
import { mergeGradients, applyGradients, disposeGradients, type Gradients } from './train-step.js'
import type { TrainablePart } from './trainable.js'

/** What an epoch of {@link trainEpoch} works with. */
export interface EpochOptions {
  readonly part: TrainablePart
  readonly train: LabelledSource
  /** Values of the frozen part for `train`. */
  readonly values: BoundarySource
  readonly batchSize: number
  /** Parts a batch is computed in. */
  readonly accumulate: number
  readonly lossOptions: CrossEntropyOptions
  /** See `classifierGradients`. */
  readonly differentiate: GradientFunction
  readonly optimizer: Optimizer
  /** Learning rate after this share of the epoch, in (0, 1]. */
  rateAt(share: number): number
  /** Momentum after this share of the epoch; undefined: the optimizer's own. */
  momentumAt(share: number): number | undefined
  /** Factor on the rate of a parameter. */
  rateFactor(parameterName: string): number
  readonly clipNorm: number | undefined
  readonly rng: Rng
  readonly signal: AbortSignal | undefined
  /** Given the largest loss of the parts of each batch, before weights change. @throws PipelineError `ERR_DIVERGED` */
  checkLoss(loss: number, at: string, rate: number): void
  /** Called after each step. */
  onStep(): void
}

/** Figures of an epoch. */
export interface EpochFigures {
  /** Of the last step. */
  readonly rate: number
  /** Mean over the examples. */
  readonly loss: number
  readonly accuracy: number
}

/**
 * One pass over the examples in random order, a step of the optimizer a batch; the last, smaller batch is kept.
 */
export async function trainEpoch(model: GraphModel, options: EpochOptions): Promise<EpochFigures> {
  const { train, batchSize, optimizer, part, rng, clipNorm } = options
  const order = rng.fork('order').shuffle(range(0, train.size))
  const steps = Math.ceil(order.length / batchSize)
  let rate = options.rateAt(0)
  let lossSum = 0
  let hits = 0
  for (let step = 0; step < steps; step++) {
    await nextTurn(options.signal)
    const indices = order.slice(step * batchSize, (step + 1) * batchSize)
    rate = options.rateAt((step + 1) / steps)
    const gradients: Gradients = new Map()
    const outcome = await learnBatch(model, indices, gradients, { ...options, rng: rng.fork('step', step) })
    options.checkLoss(outcome.largestLoss, `step ${step + 1}`, rate)
    lossSum += outcome.lossSum
    hits += outcome.hits
    applyGradients(model, gradients, {
      parameterNames: part.parameterNames,
      optimizer,
      learningRate: (name) => rate * options.rateFactor(name),
      momentum: options.momentumAt((step + 1) / steps),
      ...(clipNorm === undefined ? {} : { clipNorm }),
    })
    disposeGradients(gradients)
    options.onStep()
  }
  return { rate, loss: lossSum / train.size, accuracy: hits / train.size }
}

interface BatchFigures {
  /** Largest mean loss of a part; NaN when one is. */
  readonly largestLoss: number
  readonly lossSum: number
  readonly hits: number
}

/** Adds the gradients of a batch, part by part. */
async function learnBatch(
  model: GraphModel,
  indices: readonly number[],
  gradients: Gradients,
  options: EpochOptions,
): Promise<BatchFigures> {
  const { train, values, accumulate, lossOptions, differentiate, rng } = options
  const partSize = Math.ceil(indices.length / accumulate)
  const labelsOf = (rows: readonly number[]): number[] => rows.map((i) => train.labels[i]!)
  const total = weightOfRows(labelsOf(indices), lossOptions.classWeight)
  let [largestLoss, loss, hits] = [0, 0, 0]
  for (let from = 0; from < indices.length; from += partSize) {
    const piece = indices.slice(from, from + partSize)
    const labels = labelsOf(piece)
    // Each part's loss is a mean over its own rows' weights; this is its part in the mean over the whole batch.
    const share = weightOfRows(labels, lossOptions.classWeight) / total
    const pieceRng = rng.fork('piece', from)
    const read = await values.read(piece, pieceRng.fork('augment'))
    const draws = pieceRng.fork('dropout')
    const feeds = classifierFeeds(model, { values: read, labels, share, lossOptions, rng: draws })
    const found = differentiate(feeds)
    for (const feed of feeds.values()) feed.dispose()
    mergeGradients(model, gradients, found.gradients)
    const [logits] = found.others
    hits += countHits(logits!.dataSync<'float32'>(), labels)
    logits!.dispose()
    const mean = found.loss / share
    largestLoss = Math.max(largestLoss, mean)
    loss += mean * share
  }
  return { largestLoss, lossSum: loss * indices.length, hits }
}

function countHits(logits: Float32Array, labels: readonly number[]): number {
  const numClasses = logits.length / labels.length
  return labels.filter((label, n) => {
    const row = logits.subarray(n * numClasses, (n + 1) * numClasses)
    return row.every((value) => value <= row[label]!)
  }).length
}
