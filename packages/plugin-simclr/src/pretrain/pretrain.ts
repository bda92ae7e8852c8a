import { trainingMemoryMb } from '@etsef/nn/training-memory'
import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'

/** Options of `simclr/pretrain`. */
export const pretrainOptions = Type.Object(
  {
    epochs: Type.Integer({ minimum: 0, default: 50, description: 'Passes over the train rows' }),
    batchSize: Type.Integer({
      minimum: 2,
      default: 32,
      description: 'Pictures a step, each seen as two views; more pictures are more negatives',
    }),
    inputSize: Type.Union([Type.Integer({ minimum: 16, maximum: 1024 }), Type.Null()], {
      default: null,
      description: 'Side in pixels that pictures are resized to. null: that of the init model',
    }),
    learningRate: Type.Number({
      exclusiveMinimum: 0,
      default: 1e-3,
      description: 'Base rate of Adam; falls on a half cosine',
    }),
    warmupEpochs: Type.Number({ minimum: 0, default: 1, description: 'Epochs of linear warm-up' }),
    temperature: Type.Number({
      exclusiveMinimum: 0,
      default: 0.5,
      description: 'Temperature of NT-Xent on unit vectors; smaller weighs hard negatives more. Useful from 0.1 to 0.5',
    }),
    projection: Type.Array(Type.Integer({ minimum: 1 }), {
      minItems: 1,
      default: [128, 128],
      description: 'Widths of the dense layers of the projection head, which is thrown away after training',
    }),
    views: Type.Enum(['color', 'grayscale'], {
      default: 'grayscale',
      description:
        'color: SimCLR’s own crop and colour changes. grayscale: larger crops, no hue, saturation or colour drop',
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
  },
  { additionalProperties: false },
)

/** Inputs of `simclr/pretrain`. */
export const pretrainInputs = {
  images: port.images('images to learn from, labels not seen; fits on train'),
  init: port.model('network to start from; a head is dropped', { modelKind: 'network' }),
}

/** Outputs of `simclr/pretrain`. */
export const pretrainOutputs = { model: port.model('the backbone, without head', { modelKind: 'network' }) }

/** `simclr/pretrain`. */
export const pretrain: Operation = defineOperation({
  kind: 'estimator',
  type: 'simclr/pretrain',
  summary:
    'A backbone pre-trained without labels: two random views of a picture attract, views of different pictures repel',
  cacheVersion: 1,
  options: pretrainOptions,
  inputs: pretrainInputs,
  outputs: pretrainOutputs,
  rows: 'images',
  fitOn: ['train'],
  supervised: false,
  engine: 'tensor',
  plan: ({ options, inputs, issue }) => {
    const { numSamples } = inputs.images
    if (numSamples !== undefined && numSamples < 4) {
      issue('in:images', 'contrastive pre-training needs at least four images', { received: `${numSamples} images` })
    }
    const inputShape = options.inputSize === null ? inputs.init.inputShape : [options.inputSize, options.inputSize, 3]
    return { model: { architecture: inputs.init.architecture, inputShape, classNames: [] } }
  },
  // Two views of each picture are on the tape.
  resources: ({ batchSize, inputSize }, inputs) => ({
    cpus: 1,
    maxCpus: 2,
    memoryMb: trainingMemoryMb({ batchSize: 2 * batchSize, inputSize }, inputs),
    gpus: 1,
  }),
  load: () => import('./pretrain-node.js'),
})
