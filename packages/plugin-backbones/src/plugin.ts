import {
  contentPath,
  defineOperation,
  definePlugin,
  nearestName,
  port,
  Type,
  type PlanArguments,
  type Plugin,
  type Ports,
  type Static,
} from '@etsef/plugin-api'
import { trainingMemoryMb } from '@etsef/nn/training-memory'
import { catalogue, freezableStages } from './catalogue.js'
import { shardsOf, weightFileProblem, weightFormats } from './pretrained/weight-file.js'
import { extractOptions, finetuneOptions, pretrainOptions } from './options.js'

/** Options of `backbones/pretrained`. */
export const pretrainedOptions = Type.Object(
  {
    architecture: Type.Enum(Object.keys(catalogue), { default: 'mobilenetV2', description: 'Network' }),
    weights: Type.Optional(
      contentPath(`Published weights, in the format the name tells: ${weightFormats}. Left out: random weights`),
    ),
    inputSize: Type.Union([Type.Integer({ minimum: 16, maximum: 1024 }), Type.Null()], {
      default: null,
      description: 'Side of its input in pixels. null: the size its weights were published for',
    }),
    width: Type.Number({ exclusiveMinimum: 0, maximum: 2, default: 1, description: 'Width multiplier of MobileNets' }),
    variant: Type.Enum(['default', 'keras', 'torch', 'timm'], {
      default: 'default',
      description: 'Whose padding, epsilon and preprocessing: that of the library the weights come from',
    }),
    cut: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description:
        'Spatial node to stop after, when later weights are missing; a global average pool follows. null: the whole network',
    }),
    init: Type.Integer({
      default: 0,
      description:
        'Seed of random weights. It does not follow the run seed, so that base models start alike in repeats',
    }),
  },
  { additionalProperties: false },
)

const modelOutput = { model: port.model('the network') }
/** Outputs of `backbones/pretrained`. */
export const pretrainedOutputs = modelOutput
/** Inputs of the training operations. */
export const trainingInputs = {
  images: port.images('labelled images; fits on train, picks the best epoch on val'),
  init: port.model('network to start from; its head is kept only when classes and head shape are the same'),
}
/** Outputs of `backbones/pretrain`. */
export const pretrainOutputs = modelOutput
/** Outputs of `backbones/finetune`. */
export const finetuneOutputs = {
  model: port.model('the fine-tuned network with its head'),
  features: port.features('feature vector of every image'),
  predictions: port.predictions('softmax probabilities of every image'),
}
/** Inputs of `backbones/extract`. */
export const extractInputs = {
  images: port.images('images'),
  model: port.model('network, used as it is'),
}
/** Outputs of `backbones/extract`. */
export const extractOutputs = { features: port.features('feature vector of every image') }

type TrainingPlan = PlanArguments<
  { readonly freeze: string; readonly inputSize: number | null; readonly headHidden: readonly number[] },
  typeof trainingInputs
>

function planTraining({ options, inputs, issue }: TrainingPlan) {
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
  const numClasses = inputs.images.classNames?.length
  if (numClasses !== undefined && numClasses < 2) {
    issue('in:images', 'a classifier needs at least two classes', { received: `${numClasses} class` })
  }
  const inputShape = options.inputSize === null ? inputs.init.inputShape : [options.inputSize, options.inputSize, 3]
  return { architecture, inputShape, classNames: inputs.images.classNames }
}

type PretrainedPlan = PlanArguments<Static<typeof pretrainedOptions>, Ports>

function planPretrained(options: PretrainedPlan['options'], issue: PretrainedPlan['issue']) {
  const entry = catalogue[options.architecture]
  if (entry === undefined) return {}
  if (options.width !== 1 && !entry.hasWidth) {
    issue('width', `${options.architecture} has no width multiplier`, {
      expected: '1',
      received: String(options.width),
    })
  }
  const side = options.inputSize ?? entry.inputSize
  if (side < entry.minInputSize) {
    issue('inputSize', `${options.architecture} needs larger pictures`, {
      expected: `at least ${entry.minInputSize}`,
      received: String(side),
    })
  }
  return { model: { architecture: options.architecture, inputShape: [side, side, 3], classNames: [] } }
}

const pretrained = defineOperation({
  kind: 'source',
  type: 'backbones/pretrained',
  summary: 'A network with published or random weights, without classifier',
  cacheVersion: 3,
  options: pretrainedOptions,
  inputs: {} satisfies Ports,
  outputs: pretrainedOutputs,
  plan: ({ options, issue }) => planPretrained(options, issue),
  inspect: ({ options, resolve, issue }) => {
    const problem = options.weights === undefined ? undefined : weightFileProblem(resolve(options.weights))
    if (problem !== undefined) {
      issue('weights', problem.message, { expected: weightFormats, received: problem.received })
    }
    return planPretrained(options, issue)
  },
  contentFiles: shardsOf,
  load: () => import('./pretrained/pretrained-node.js'),
})

const pretrain = defineOperation({
  kind: 'estimator',
  type: 'backbones/pretrain',
  summary: 'The network trained on labelled images, such as a related medical set: the first of two fine-tunings',
  cacheVersion: 2,
  options: pretrainOptions,
  inputs: trainingInputs,
  outputs: pretrainOutputs,
  rows: 'images',
  fitOn: ['train', 'val'],
  supervised: true,
  engine: 'tensor',
  plan: (args) => ({ model: planTraining(args) }),
  resources: (options, inputs) => ({ cpus: 1, maxCpus: 2, memoryMb: trainingMemoryMb(options, inputs) }),
  load: () => import('./finetune/pretrain-node.js'),
})

const finetune = defineOperation({
  kind: 'estimator',
  type: 'backbones/finetune',
  summary: 'A base model: the network fine-tuned on labelled images, its features and its predictions',
  cacheVersion: 2,
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
    memoryMb: trainingMemoryMb(options, inputs) + 150 * (options.crossFit ?? 0),
  }),
  load: () => import('./finetune/finetune-node.js'),
})

const extract = defineOperation({
  kind: 'map',
  type: 'backbones/extract',
  summary: 'Features of images by a frozen network',
  cacheVersion: 1,
  options: extractOptions,
  inputs: extractInputs,
  outputs: extractOutputs,
  rows: 'images',
  engine: 'tensor',
  // Each thread has a network of its own.
  resources: () => ({ cpus: 1, maxCpus: 2, memoryMb: 1200 }),
  load: () => import('./extract/extract-node.js'),
})

/** Base models for ETSEF: pre-trained networks, intermediate pre-training, fine-tuning, feature extraction. */
const plugin: Plugin = definePlugin({ name: 'backbones', operations: [pretrained, pretrain, finetune, extract] })

export default plugin
