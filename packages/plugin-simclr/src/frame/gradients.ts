import {
  addGradients,
  mergeGradients,
  gradientFunction,
  type Feeds,
  type GradientFunction,
  type GraphModel,
  type Gradients,
  type Loss,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@etsef/nn'
import type { SelfSupervisedMethod, ViewBatch } from './method.js'

/** What the steps of a training differentiate. */
export interface StepFunctions {
  /** The loss of views in all parameters; the others are the values of the method's outputs. */
  readonly whole: GradientFunction
  /** Features of views, multiplied by the gradient in them, in the parameters of the backbone. */
  readonly carried: GradientFunction
}

/** For a network with the method's own nodes. */
export function stepFunctions(model: GraphModel, method: SelfSupervisedMethod): StepFunctions {
  const { tf } = model.engine
  const trainingNodes = nodesOf(model)
  return {
    whole: gradientFunction(model, learning(model), (feeds) => lossOf(model, method, feeds)),
    carried: gradientFunction(model, backboneParameters(model), (feeds) => {
      const [value] = model.evaluate(feeds, [model.graph.featureNode], { trainingNodes })
      return { loss: tf.sum<Scalar>(tf.mul(value!, feeds.get(SLOPE)!)) }
    }),
  }
}

/** Names of feeds that are no nodes' values; no node has a space in its name. */
const [TARGETS, SLOPE] = ['of targets', 'of slope']

/** One step's work. */
export interface StepInput {
  readonly model: GraphModel
  readonly method: SelfSupervisedMethod
  readonly functions: StepFunctions
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
  const { model, batch, chunk, functions } = input
  if (chunk < batch.numImages) return addCachedGradients(input, gradients)
  const feeds = new Map([['input', feedOf(model, await input.views(0, batch.numImages))], ...targetsOf(input)])
  try {
    const found = functions.whole(feeds)
    mergeGradients(model, gradients, found.gradients)
    return { loss: found.loss, outputs: found.others.map(take) }
  } finally {
    for (const feed of feeds.values()) feed.dispose()
  }
}

async function addCachedGradients(input: StepInput, gradients: Gradients): Promise<StepOutcome> {
  const { model, batch, chunk, functions } = input
  const { tf } = model.engine
  const { featureNode } = model.graph
  const trainingNodes = nodesOf(model)
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
    const found = differentiateFeatures(input, variable, gradients)
    outcome = found.outcome
    slopes = found.slopes
  } finally {
    variable.dispose()
  }
  for (const start of starts) {
    const end = Math.min(start + chunk, batch.numImages)
    const part = new Float32Array(2 * (end - start) * width)
    copyHalves(part, slopes, { width, start, end, numImages: batch.numImages, isGathered: false })
    const feeds = new Map([
      ['input', feedOf(model, await input.views(start, end))],
      [SLOPE, tf.tensor2d(part, [2 * (end - start), width])],
    ])
    mergeGradients(model, gradients, functions.carried(feeds).gradients)
    for (const feed of feeds.values()) feed.dispose()
  }
  return outcome
}

/** The method's outputs, and their loss. */
function lossOf(model: GraphModel, method: SelfSupervisedMethod, feeds: Feeds): Loss & { readonly others: Tensor[] } {
  const outputs = model.evaluate(feeds, method.outputs, { trainingNodes: nodesOf(model) })
  return {
    loss: method.loss(model.engine.tf, outputs as Tensor2D[], feeds.get(TARGETS) as Tensor2D | undefined),
    others: outputs,
  }
}

function targetsOf({ model, method, batch }: StepInput): [string, Tensor][] {
  const targets = method.targets?.(batch)
  return targets === undefined ? [] : [[TARGETS, model.engine.tf.tensor2d(targets.data, targets.shape)]]
}

function take(tensor: Tensor): Float32Array {
  const values = tensor.dataSync<'float32'>()
  tensor.dispose()
  return values
}

/** The loss with the backbone's features given: gradients of the head's parameters, and of the features. */
function differentiateFeatures(
  input: StepInput,
  features: Tensor,
  gradients: Gradients,
): { readonly outcome: StepOutcome; readonly slopes: Float32Array } {
  const { model, method } = input
  const isHead = isHeadParameter(model)
  // The features stand among the variables for this one call, so that their gradient comes with the head's.
  const withFeatures: GraphModel = {
    ...model,
    variables: new Map([...model.variables, [featuresName, features as never]]),
  }
  const own: Gradients = new Map()
  const feeds = new Map([[model.graph.featureNode, features], ...targetsOf(input)])
  const kept: Tensor[] = []
  const lossOfFeatures = (): Scalar => {
    const { loss, others } = lossOf(withFeatures, method, feeds)
    for (const value of others) kept.push(model.engine.tf.keep(value.clone()))
    return loss
  }
  const names = [...learning(model).filter(isHead), featuresName]
  const loss = addGradients(withFeatures, lossOfFeatures, names, own)
  feeds.get(TARGETS)?.dispose()
  const slopes = take(own.get(featuresName)!)
  own.delete(featuresName)
  mergeGradients(model, gradients, own)
  return { outcome: { loss, outputs: kept.map(take) }, slopes }
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

function backboneParameters(model: GraphModel): string[] {
  const isHead = isHeadParameter(model)
  return learning(model).filter((name) => !isHead(name))
}

function nodesOf(model: GraphModel): ReadonlySet<string> {
  return new Set(model.graph.nodes.map(({ name }) => name))
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
