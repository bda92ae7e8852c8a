import { createRng, pickImages, type ImageBatch, type OperationContext } from '@etsef/plugin-api'
import type { Model } from '@etsef/nn'
import type { Observable } from 'rxjs'
import { openEmbedder } from '../embed/open-embedder.js'
import type { TtaMode } from '../embed/square-views.js'
import { openTraining, type FitOptions, type Training } from '../training/fit-classifier.js'
import { fitAlignment, type Alignment } from './align-features.js'
import { classesInOneFold, rowFolds } from './row-folds.js'

/** What train rows get their features by. */
export interface CrossFit {
  /** Fold of each train row. */
  readonly rows: readonly FoldRow[]
  readonly folds: readonly FoldModel[]
}

/** A train row. */
export interface FoldRow {
  readonly id: string
  readonly sourceId: string
  readonly fold: number
}

/** A network that has not seen the rows of its fold. */
export interface FoldModel {
  readonly model: Model
  /** From its feature space into the main model's; `undefined` where features are logits, which mean the same in all. */
  readonly alignment: Alignment | undefined
}

/** Options of {@link fitCrossFitted}. */
export type CrossFitOptions = FitOptions & {
  readonly crossFit: number
  readonly crossFitFeatures: 'aligned' | 'logits'
  readonly tta: TtaMode
}

/** The main model and those of the folds. */
export interface CrossFitted {
  readonly model: Model
  readonly crossFit: CrossFit
}

/**
 * Trains the main model on all train rows, and one model per fold on the train rows of the other folds.
 *
 * All start from the same weights, head included. Each fold model's features are aligned to the main model's on the fold's own training
 * rows, which both have seen; held-out rows take no part.
 *
 * @throws PipelineError `ERR_TOO_FEW_ROWS` with fewer groups of train rows than folds.
 */
export async function fitCrossFitted(
  images$: Observable<ImageBatch>,
  initDir: string,
  options: CrossFitOptions,
  ctx: OperationContext,
): Promise<CrossFitted> {
  const training = await openTraining(images$, initDir, options, ctx)
  const train = pickImages(training.images, training.trainRows)
  const folds = rowFolds(train, options.crossFit, createRng(ctx.seed, 'cross-fit'))
  for (const name of classesInOneFold(train, folds)) {
    ctx.log(
      'warn',
      `all train rows of class "${name}" are in one fold: the model that gives their features never saw the class`,
    )
  }
  return fitFolds(training, folds, options, ctx)
}

/** {@link fitCrossFitted} for given folds, one number per train row. */
export async function fitFolds(
  training: Training,
  folds: Int32Array,
  options: CrossFitOptions,
  ctx: OperationContext,
): Promise<CrossFitted> {
  const { images, trainRows } = training
  const count = options.crossFit + 1
  const model = await training.fit(trainRows, { prefix: '', index: 0, count })
  const embed = (of: Model): Promise<Embedded> => embedTrainRows(training, of, options.tta, ctx)
  const main = await embed(model)
  report(ctx, training, 'trainAccuracy', main.logits)
  const models: FoldModel[] = []
  const outOfFold = new Float32Array(main.logits.length)
  const numClasses = main.logits.length / trainRows.length
  for (let fold = 0; fold < options.crossFit; fold++) {
    const seen = [...folds.keys()].filter((i) => folds[i] !== fold)
    const part = { prefix: `fold${fold + 1}.`, index: fold + 1, count }
    const foldModel = await training.fit(
      seen.map((i) => trainRows[i]!),
      part,
    )
    const own = await embed(foldModel)
    folds.forEach((of, i) => {
      if (of === fold) outOfFold.set(own.logits.subarray(i * numClasses, (i + 1) * numClasses), i * numClasses)
    })
    models.push({ model: foldModel, alignment: alignmentOf(options, own, main, seen) })
    const { alignment } = models.at(-1)!
    if (alignment !== undefined) ctx.metric('alignmentResidual', alignment.residual, fold + 1)
  }
  report(ctx, training, 'outOfFoldAccuracy', outOfFold)
  const rows = trainRows.map((row, i) => ({ id: images.ids[row]!, sourceId: images.sourceIds[row]!, fold: folds[i]! }))
  return { model, crossFit: { rows, folds: models } }
}

function alignmentOf(
  { crossFitFeatures }: CrossFitOptions,
  own: Embedded,
  main: Embedded,
  seen: readonly number[],
): Alignment | undefined {
  if (crossFitFeatures === 'logits') return undefined
  return fitAlignment(pickRows(own, seen), pickRows(main, seen), own.width)
}

/** Features and logits of all train rows. */
interface Embedded {
  readonly width: number
  readonly features: Float32Array
  readonly logits: Float32Array
}

async function embedTrainRows(
  training: Training,
  model: Model,
  tta: TtaMode,
  ctx: OperationContext,
): Promise<Embedded> {
  const { graph } = model
  const { pixels, trainRows } = training
  const embedder = await openEmbedder(model, { outputs: [graph.featureNode, graph.logitsNode!], tta }, ctx)
  const features = new Float32Array(trainRows.length * graph.featureWidth)
  const logits = new Float32Array(trainRows.length * model.classNames.length)
  try {
    for (let start = 0; start < trainRows.length; start += 32) {
      ctx.signal.throwIfAborted()
      const [own, scores] = await embedder.run(await pixels.read(trainRows.slice(start, start + 32)))
      features.set(own!, start * graph.featureWidth)
      logits.set(scores!, start * model.classNames.length)
    }
  } finally {
    await embedder.close()
  }
  return { width: graph.featureWidth, features, logits }
}

function pickRows({ features, width }: Embedded, rows: readonly number[]): Float32Array {
  const picked = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    picked.set(features.subarray(row * width, (row + 1) * width), i * width)
  })
  return picked
}

/** Share of train rows whose largest logit is their label. */
function report(ctx: OperationContext, { images, trainRows }: Training, name: string, logits: Float32Array): void {
  const numClasses = images.classNames.length
  const hits = trainRows.filter((row, i) => {
    const own = logits.subarray(i * numClasses, (i + 1) * numClasses)
    return own.indexOf(own.reduce((a, b) => Math.max(a, b))) === images.labels[row]
  })
  ctx.metric(name, hits.length / trainRows.length)
}
