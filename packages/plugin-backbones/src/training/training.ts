import { trainingMemoryMb } from '@etsef/nn/training-memory'
import { port, Type, type PlanArguments } from '@etsef/plugin-api'
import { nearestName } from '@etsef/plugin-api/semantics'
import { catalogue, freezableStages } from '../catalogue.js'

/** An option that holds a learning rate. */
export const rate = (value: number, description: string) =>
  Type.Number({ exclusiveMinimum: 0, default: value, description })

/** Options that every training operation of this plugin has. */
export const trainingOptions = {
  epochs: Type.Integer({ minimum: 0, default: 20, description: 'Passes over the train rows' }),
  batchSize: Type.Integer({ minimum: 1, default: 16, description: 'Pictures a step; the last, smaller batch is kept' }),
  inputSize: Type.Union([Type.Integer({ minimum: 16, maximum: 1024 }), Type.Null()], {
    default: null,
    description: 'Side in pixels that pictures are resized to. null: that of the init model',
  }),
  headHidden: Type.Array(Type.Integer({ minimum: 1 }), {
    default: [],
    description:
      'Widths of hidden dense layers of the new head; the last one gives the features. Empty: pooled features',
  }),
  dropout: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.2, description: 'Dropout rate in the head' }),
  augment: Type.Enum(['none', 'light'], {
    default: 'none',
    description:
      'light: every train picture is flipped, cropped (75 % of the area or more) and changed in brightness and contrast at random, anew in each epoch; preset light of augment/random, which has others',
  }),
  accumulate: Type.Integer({
    minimum: 1,
    default: 1,
    description:
      'Parts a batch is computed in, for large pictures: memory of a part, step of the whole; batch norm sees a part',
  }),
  emaDecay: Type.Union([Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }), Type.Null()], {
    default: null,
    description:
      'Validates and returns the moving average of the weights with this decay, warmed up. null: the weights themselves',
  }),
  freeze: Type.String({
    minLength: 1,
    default: 'none',
    description:
      'Last frozen stage (stem, stage1, …), backbone for all but the head, none. Frozen is bit-frozen, batch norm included',
  }),
  optimizer: Type.Enum(['adam', 'adamW', 'sgd'], {
    default: 'adam',
    description: 'adam in Keras’ form, adamW with decoupled weightDecay, sgd with momentum 0.9',
  }),
  weightDecay: Type.Number({ minimum: 0, default: 0.01, description: 'Of adamW and sgd; adam has none' }),
  schedule: Type.Enum(['none', 'cosine', 'plateau', 'step', 'oneCycle'], {
    default: 'cosine',
    description:
      'How the learning rate falls: to 1 % on a half cosine; × 0.2 when the loss stalls 3 epochs; × 0.2 every 40 epochs; oneCycle: from 1/25 up to the rate in a quarter of the epochs, then down to 1/100,000, momentum from .95 to .85 and back',
  }),
  warmupEpochs: Type.Number({ minimum: 0, default: 0, description: 'Epochs of linear warm-up' }),
  stageDecay: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 1,
    description: 'Factor on the learning rate of each stage further from the output (discriminative rates)',
  }),
  labelSmoothing: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0,
    description: 'Share of the target spread over all classes',
  }),
  focalGamma: Type.Number({
    minimum: 0,
    default: 0,
    description: 'Focusing exponent of the focal loss; 0 is cross-entropy',
  }),
  classWeight: Type.Enum(['none', 'balanced'], {
    default: 'none',
    description: 'balanced: a row weighs n / (K · rows of its class)',
  }),
  clipNorm: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
    default: null,
    description: 'Bound on the joint gradient norm. null: none',
  }),
  patience: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    default: null,
    description:
      'Stops after so many epochs without a better val figure. null: never. The best epoch is kept in any case',
  }),
  monitor: Type.Enum(['loss', 'balancedAccuracy'], {
    default: 'loss',
    description: 'Val figure that picks the best epoch; without val rows the last epoch counts',
  }),
  batchNormMomentum: Type.Union([Type.Number({ minimum: 0, exclusiveMaximum: 1 }), Type.Null()], {
    default: 0.9,
    description:
      'Share of old moving statistics kept at a step by learning batch norms. null: the network’s own, for long runs',
  }),
}

/** Inputs of the training operations. */
export const trainingInputs = {
  images: port.images('labelled images; fits on train, picks the best epoch on val'),
  init: port.model('network to start from; its head is kept only when classes and head shape are the same', {
    modelKind: 'network',
  }),
}

type TrainingPlan = PlanArguments<
  {
    readonly freeze: string
    readonly inputSize: number | null
    readonly headHidden: readonly number[]
    readonly augment: 'none' | 'light'
    readonly schedule: string
    readonly warmupEpochs: number
  },
  typeof trainingInputs
>

/** What a training operation makes of its inputs, and what cannot work. */
export function planTraining({ options, inputs, issue }: TrainingPlan) {
  const { architecture } = inputs.init
  const entry = architecture === undefined ? undefined : catalogue[architecture]
  if (entry !== undefined) {
    const stages = freezableStages(entry)
    if (!stages.includes(options.freeze)) {
      const near = nearestName(options.freeze, stages)
      issue('freeze', `${architecture} has no stage "${options.freeze}"`, {
        expected: stages.join(', '),
        received: options.freeze,
        ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
      })
    }
    if (options.inputSize !== null && options.inputSize < entry.minInputSize) {
      issue('inputSize', `${architecture} needs larger pictures`, {
        expected: `at least ${entry.minInputSize}`,
        received: String(options.inputSize),
      })
    }
  }
  if (options.augment !== 'none' && inputs.images.isRandom === true) {
    issue('augment', 'the pictures are random views already, and would be changed twice', {
      expected: 'none',
      received: options.augment,
      hint: 'leave out augment, or augment/random before this node',
    })
  }
  if (options.schedule === 'oneCycle' && options.warmupEpochs > 0) {
    issue('warmupEpochs', 'oneCycle rises on its own in the first quarter of the epochs', {
      expected: '0',
      received: String(options.warmupEpochs),
      hint: 'leave out warmupEpochs, or take schedule: cosine',
    })
  }
  const numClasses = inputs.images.classNames?.length
  if (numClasses !== undefined && numClasses < 2) {
    issue('in:images', 'a classifier needs at least two classes', {
      code: 'ERR_CLASS_LIST',
      received: `${numClasses} class`,
    })
  }
  const inputShape = options.inputSize === null ? inputs.init.inputShape : [options.inputSize, options.inputSize, 3]
  return { architecture, inputShape, classNames: inputs.images.classNames }
}

/** Megabytes of a training; changed pictures are cut from those that were decoded. */
export function trainingMemory(
  options: Parameters<typeof trainingMemoryMb>[0] & { readonly augment: 'none' | 'light' },
  inputs: Parameters<typeof trainingMemoryMb>[1],
): number {
  return trainingMemoryMb({ ...options, keepsOriginals: options.augment !== 'none' }, inputs)
}
