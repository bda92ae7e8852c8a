import { addGradients, type GraphModel, type Gradients, type Scalar, type Tensor, type Tensor2D } from '@etsef/nn'
import type { SelfSupervisedMethod, ViewBatch } from './method.js'

/** One step's work. */
export interface StepInput {
  readonly model: GraphModel
  readonly method: SelfSupervisedMethod
  readonly batch: ViewBatch
  /** The views of the pictures from `start` to `end` − 1 of the batch, first all first views; the same at every call. */
  views(start: number, end: number): Promise<Float32Array>
  /** Pictures on the tape at a time. */
  readonly chunk: number
}

/** What a step found; its gradients are added to those given. */
export interface StepOutcome {
  readonly loss: number
  /** Values of the method's outputs, row-major `[2 * numImages, width]`. */
  readonly outputs: readonly Float32Array[]
}

/**
 * The loss of a batch and its gradients. Where `chunk` is smaller than the batch, gradients are cached: features are computed chunk by
 * chunk without a tape, the head and the loss see the whole batch and give the gradient of the features, and each chunk is run again
 * to carry it on to the backbone. The gradient is that of the whole batch; batch norms of the backbone see a chunk's moments.
 *
 * @see Gao et al. 2021, Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup, arXiv:2101.06983
 */
export async function addStepGradients(input: StepInput, gradients: Gradients): Promise<StepOutcome> {
  const { model, batch, chunk } = input
  if (chunk < batch.numImages) return addCachedGradients(input, gradients)
  const feed = feedOf(model, await input.views(0, batch.numImages))
  try {
    return differentiate(input, new Map([['input', feed]]), learning(model), gradients)
  } finally {
    feed.dispose()
  }
}

async function addCachedGradients(input: StepInput, gradients: Gradients): Promise<StepOutcome> {
  const { model, batch, chunk } = input
  const { tf } = model.engine
  const { featureNode } = model.graph
  const trainingNodes = new Set(model.graph.nodes.map(({ name }) => name))
  const isHead = isHeadParameter(model)
  const width = model.graph.featureWidth
  const features = new Float32Array(2 * batch.numImages * width)
  const starts = Array.from({ length: Math.ceil(batch.numImages / chunk) }, (_, i) => i * chunk)
  // The second pass moves them: a picture counts once.
  const restore = keepMovingStatistics(model)
  try {
    for (const start of starts) {
      const end = Math.min(start + chunk, batch.numImages)
      const feed = feedOf(model, await input.views(start, end))
      const values = tf.tidy(() =>
        model.evaluate(new Map([['input', feed]]), [featureNode], { trainingNodes })[0]!.dataSync<'float32'>(),
      )
      feed.dispose()
      copyHalves(values, features, { width, start, end, numImages: batch.numImages, isGathered: true })
    }
  } finally {
    restore()
  }
  const variable = tf.tidy(() => tf.variable(tf.tensor2d(features, [2 * batch.numImages, width])))
  let outcome: StepOutcome
  let slopes: Float32Array
  try {
    const found = differentiateFeatures(input, variable, learning(model).filter(isHead), gradients)
    outcome = found.outcome
    slopes = found.slopes
  } finally {
    variable.dispose()
  }
  const backbone = learning(model).filter((name) => !isHead(name))
  for (const start of starts) {
    const end = Math.min(start + chunk, batch.numImages)
    const feed = feedOf(model, await input.views(start, end))
    const part = new Float32Array(2 * (end - start) * width)
    copyHalves(part, slopes, { width, start, end, numImages: batch.numImages, isGathered: false })
    const slope = tf.tensor2d(part, [2 * (end - start), width])
    const carried = (): Scalar => {
      const [value] = model.evaluate(new Map([['input', feed]]), [featureNode], { trainingNodes })
      return tf.sum<Scalar>(tf.mul(value!, slope))
    }
    addGradients(model, carried, backbone, gradients)
    feed.dispose()
    slope.dispose()
  }
  return outcome
}

/** Gradients of the loss in the given parameters. */
function differentiate(
  { model, method, batch }: StepInput,
  feeds: ReadonlyMap<string, Tensor>,
  names: readonly string[],
  gradients: Gradients,
): StepOutcome {
  const { tf } = model.engine
  const trainingNodes = new Set(model.graph.nodes.map(({ name }) => name))
  let outputs: Float32Array[] = []
  const kept: Tensor[] = []
  const loss = addGradients(
    model,
    () => {
      const values = model.evaluate(feeds, method.outputs, { trainingNodes })
      for (const value of values) kept.push(tf.keep(value.clone()))
      return method.loss(tf, values as Tensor2D[], batch)
    },
    names,
    gradients,
  )
  outputs = kept.map((value) => value.dataSync<'float32'>())
  for (const value of kept) value.dispose()
  return { loss, outputs }
}

/** The same with the backbone's features given, and the loss's gradient in them. */
function differentiateFeatures(
  input: StepInput,
  features: Tensor,
  names: readonly string[],
  gradients: Gradients,
): { readonly outcome: StepOutcome; readonly slopes: Float32Array } {
  const { model } = input
  // The features stand among the variables for this one call, so that their gradient comes with the head's.
  const withFeatures: GraphModel = {
    ...model,
    variables: new Map([...model.variables, [featuresName, features as never]]),
  }
  const own: Gradients = new Map()
  const feeds = new Map([[model.graph.featureNode, features]])
  const outcome = differentiate({ ...input, model: withFeatures }, feeds, [...names, featuresName], own)
  const slopes = own.get(featuresName)!.dataSync<'float32'>()
  own.get(featuresName)!.dispose()
  own.delete(featuresName)
  for (const [name, gradient] of own) gradients.set(name, gradient)
  return { outcome, slopes }
}

const featuresName = ' features'

/** Copies the moving statistics; the returned function puts them back. */
function keepMovingStatistics(model: GraphModel): () => void {
  const moving = model.parameters.filter(({ trainable }) => !trainable).map(({ name }) => model.variables.get(name)!)
  const before = moving.map((variable) => variable.clone())
  return () => {
    for (const [i, variable] of moving.entries()) {
      variable.assign(before[i]!)
      before[i]!.dispose()
    }
  }
}

function learning(model: GraphModel): string[] {
  return model.parameters.filter(({ trainable }) => trainable).map(({ name }) => name)
}

function isHeadParameter(model: GraphModel): (name: string) => boolean {
  const head = new Set(model.graph.nodes.filter(({ stage }) => stage === 'projection').map(({ name }) => name))
  return (name) => head.has(name.slice(0, name.lastIndexOf('/')))
}

function feedOf(model: GraphModel, views: Float32Array): Tensor {
  const { inputShape } = model.graph
  const rows = views.length / (inputShape[0] * inputShape[1] * inputShape[2])
  return model.engine.tf.tensor(views, [rows, ...inputShape])
}

/** Between a chunk's rows and the batch's: both have all first views, then all second views. */
function copyHalves(
  part: Float32Array,
  whole: Float32Array,
  at: {
    readonly width: number
    readonly start: number
    readonly end: number
    readonly numImages: number
    readonly isGathered: boolean
  },
): void {
  const { width, start, end, numImages, isGathered } = at
  const length = (end - start) * width
  for (const half of [0, 1]) {
    const inPart = part.subarray(half * length, (half + 1) * length)
    const from = (half * numImages + start) * width
    if (isGathered) whole.set(inPart, from)
    else inPart.set(whole.subarray(from, from + length))
  }
}
