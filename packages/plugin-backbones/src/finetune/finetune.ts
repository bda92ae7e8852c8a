import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'
import { ttaOption } from '../embed/tta-option.js'
import { planTraining, rate, trainingInputs, trainingMemory, trainingOptions } from '../training/training.js'

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
    tta: ttaOption,
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

/** Outputs of `backbones/finetune`. */
export const finetuneOutputs = {
  model: port.model('the fine-tuned network with its head', { modelKind: 'network' }),
  features: port.features('feature vector of every image'),
  predictions: port.predictions('softmax probabilities of every image'),
}

/** `backbones/finetune`. */
export const finetune: Operation = defineOperation({
  kind: 'estimator',
  type: 'backbones/finetune',
  summary: 'A base model: the network fine-tuned on labelled images, its features and its predictions',
  cacheVersion: 3,
  options: finetuneOptions,
  inputs: trainingInputs,
  outputs: finetuneOutputs,
  rows: 'images',
  fitOn: ['train', 'val'],
  supervised: true,
  engine: 'tensor',
  plan: (args) => {
    const { crossFit, crossFitFeatures, headHidden } = args.options
    const areLogits = crossFit !== null && crossFitFeatures === 'logits'
    const numFeatures = areLogits ? args.inputs.images.classNames?.length : headHidden.at(-1)
    return { model: planTraining(args), features: numFeatures === undefined ? {} : { numFeatures } }
  },
  // Networks of all folds are open when features are computed.
  resources: (options, inputs) => ({
    cpus: 1,
    maxCpus: 2,
    memoryMb: trainingMemory(options, inputs) + 150 * (options.crossFit ?? 0),
    gpus: 1,
  }),
  load: () => import('./finetune-node.js'),
})
