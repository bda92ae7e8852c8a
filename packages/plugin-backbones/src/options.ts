import { Type } from '@etsef/plugin-api'
import { ttaModes } from './embed/square-views.js'

const rate = (value: number, description: string) => Type.Number({ exclusiveMinimum: 0, default: value, description })

const tta = Type.Enum([...ttaModes], {
  default: 'none',
  description:
    'Views of each picture that features are averaged over: flip (mirrored as well, 2), flips (both axes, 4), flipsAndRotations (quarter turns too, 8)',
})

/** Options that every training operation of this plugin has. */
const trainingOptions = {
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
      'light: every train picture is flipped, cropped (75 % of the area or more) and changed in brightness and contrast at random, anew in each epoch',
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
  schedule: Type.Enum(['none', 'cosine', 'plateau', 'step'], {
    default: 'cosine',
    description:
      'How the learning rate falls: to 1 % on a half cosine; × 0.2 when the loss stalls 3 epochs; × 0.2 every 40 epochs',
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
  classWeights: Type.Enum(['none', 'balanced'], {
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

/** Options of `backbones/pretrain`. */
export const pretrainOptions = Type.Object(
  { ...trainingOptions, learningRate: rate(1e-3, 'Base learning rate') },
  { additionalProperties: false },
)

/** Options of `backbones/finetune`. */
export const finetuneOptions = Type.Object(
  {
    ...trainingOptions,
    learningRate: rate(5e-4, 'Base learning rate once the backbone learns'),
    headEpochs: Type.Integer({
      minimum: 0,
      default: 3,
      description:
        'Epochs in which only the new head learns, before the stages after freeze join; they come before epochs',
    }),
    headLearningRate: rate(1e-3, 'Base learning rate of the head epochs'),
    tta,
    crossFit: Type.Union([Type.Integer({ minimum: 2, maximum: 20 }), Type.Null()], {
      default: null,
      description:
        'Folds: train rows get features and predictions of networks that did not learn from them (one training more per fold). null: all rows go through the one network',
    }),
    crossFitFeatures: Type.Enum(['logits', 'aligned'], {
      default: 'logits',
      description:
        'With crossFit: logits gives one column per class, which means the same in every network; aligned maps the folds’ features into the main network’s space',
    }),
  },
  { additionalProperties: false },
)

/** Options of `backbones/extract`. */
export const extractOptions = Type.Object(
  {
    node: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'Node of the network whose values are the features (pooled if spatial). null: its feature node',
    }),
    runner: Type.Enum(['auto', 'onnx', 'engine'], {
      default: 'auto',
      description: 'auto: ONNX Runtime where it agrees with the tensor engine on two pictures, else the tensor engine',
    }),
    tta,
  },
  { additionalProperties: false },
)
