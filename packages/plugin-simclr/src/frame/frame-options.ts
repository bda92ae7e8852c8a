import { trainingMemoryMb } from '@etsef/nn/training-memory'
import { port, Type, type InputSpecs, type PlanArguments, type Resources } from '@etsef/plugin-api'

/** Options that all self-supervised operations have. */
export const frameOptions = {
  epochs: Type.Integer({ minimum: 0, default: 50, description: 'Passes over the train rows' }),
  batchSize: Type.Integer({
    minimum: 2,
    default: 32,
    description: 'Pictures a step, each seen as two views; more pictures are more to tell a picture from',
  }),
  chunk: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    default: null,
    description:
      'Pictures in memory at a time: gradients of larger batches are cached, for a second forward pass; batch norms of the backbone see a chunk. null: the whole batch',
  }),
  inputSize: Type.Union([Type.Integer({ minimum: 16, maximum: 1024 }), Type.Null()], {
    default: null,
    description: 'Side in pixels that pictures are resized to. null: that of the init model',
  }),
  optimizer: Type.Enum(['adam', 'adamW', 'sgd', 'lars'], {
    default: 'adam',
    description: 'lars is for batches of many hundreds; sgd and lars have momentum 0.9',
  }),
  learningRate: Type.Number({
    exclusiveMinimum: 0,
    default: 1e-3,
    description: 'Base rate; rises over warmupEpochs and falls on a half cosine',
  }),
  weightDecay: Type.Number({
    minimum: 0,
    default: 0,
    description: 'Of adamW, sgd and lars; batch norms and biases are left alone. adam has none',
  }),
  warmupEpochs: Type.Number({ minimum: 0, default: 1, description: 'Epochs of linear warm-up' }),
  views: Type.Union([Type.Enum(['color', 'grayscale']), Type.Null()], {
    default: null,
    description:
      'color: SimCLR’s own crop and colour changes. grayscale: larger crops, no hue, saturation or colour drop. Presets of augment/random. null: the views of augment/random where the images come from it, grayscale elsewhere',
  }),
  minCrop: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 1 }), Type.Null()], {
    default: null,
    description: 'Smallest share of the area that a crop keeps. null: that of views (0.08 or 0.3)',
  }),
  batchNormMomentum: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0.9,
    description: 'Share of old moving statistics kept at a step',
  }),
}

/** Widths of a projection head. */
export const projectionOption = (widths: readonly (number | 'features')[]) =>
  Type.Array(Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('features')]), {
    minItems: 1,
    default: [...widths],
    description:
      'Widths of the dense layers of the projection head, which is thrown away after training; features is the width of the backbone’s features',
  })

/** Inputs of self-supervised operations. */
export const frameInputs = {
  images: port.images('images to learn from; fits on train'),
  unlabelled: port.images.any(
    'further sets to learn from, whose labels nobody looks at: train rows of other splits, whatever their classes',
  ),
  init: port.model('network to start from; a head is dropped', { modelKind: 'network' }),
}

/** Outputs of self-supervised operations. */
export const frameOutputs = { model: port.model('the backbone, without head', { modelKind: 'network' }) }

interface FrameSize {
  readonly batchSize: number
  readonly chunk: number | null
  readonly inputSize: number | null
  readonly views: 'color' | 'grayscale' | null
  readonly minCrop: number | null
}

/** Refuses what cannot train, and says what comes out. */
export function planFrame({ options, inputs, issue }: PlanArguments<FrameSize, typeof frameInputs>) {
  const sets = [inputs.images, ...inputs.unlabelled.map(({ value }) => value)]
  const counts = sets.map(({ numSamples }) => numSamples)
  const numSamples = counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count))
  if (numSamples !== undefined && numSamples < 4) {
    issue('in:images', 'self-supervised pre-training needs at least four images', {
      received: `${numSamples} images`,
      hint: 'a data set of more pictures, or others beside it at the input unlabelled',
    })
  }
  for (const { name, value } of inputs.unlabelled) {
    if ((value.isRandom ?? false) === (inputs.images.isRandom ?? false)) continue
    issue('in:unlabelled', `of "${name}" and the images, one comes as random views and the other does not`, {
      hint: 'augment/random before both, or before none',
    })
  }
  if (inputs.images.isRandom === true) {
    for (const name of ['views', 'minCrop'] as const) {
      if (options[name] === null) continue
      issue(name, 'the pictures come as random views, so that this changes nothing', {
        received: String(options[name]),
        hint: `leave out ${name}, or augment/random before this node`,
      })
    }
  }
  const inputShape = options.inputSize === null ? inputs.init.inputShape : [options.inputSize, options.inputSize, 3]
  return { model: { architecture: inputs.init.architecture, inputShape, classNames: [] } }
}

/** Two views of each picture of a chunk are on the tape. */
export function frameResources(
  { batchSize, chunk, inputSize }: FrameSize,
  { images, unlabelled, init }: InputSpecs<typeof frameInputs>,
): Resources {
  const pictures = Math.min(batchSize, chunk ?? batchSize)
  const numSamples = unlabelled.reduce((sum, { value }) => sum + (value.numSamples ?? 1000), images.numSamples ?? 1000)
  const all = { ...images, numSamples }
  const memoryMb = trainingMemoryMb({ batchSize: 2 * pictures, inputSize, keepsOriginals: true }, { init, images: all })
  return { cpus: 1, maxCpus: 2, memoryMb, gpus: 1 }
}
