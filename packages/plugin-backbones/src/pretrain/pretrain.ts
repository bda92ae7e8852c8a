import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'
import { planTraining, rate, trainingInputs, trainingMemory, trainingOptions } from '../training/training.js'

/** Options of `backbones/pretrain`. */
export const pretrainOptions = Type.Object(
  { ...trainingOptions, learningRate: rate(1e-3, 'Base learning rate') },
  { additionalProperties: false },
)

/** Outputs of `backbones/pretrain`. */
export const pretrainOutputs = { model: port.model('the network', { modelKind: 'network' }) }

/** `backbones/pretrain`. */
export const pretrain: Operation = defineOperation({
  kind: 'estimator',
  type: 'backbones/pretrain',
  summary: 'The network trained on labelled images, such as a related medical set: the first of two fine-tunings',
  cacheVersion: 3,
  options: pretrainOptions,
  inputs: trainingInputs,
  outputs: pretrainOutputs,
  rows: 'images',
  fitOn: ['train', 'val'],
  supervised: true,
  engine: 'tensor',
  plan: (args) => ({ model: planTraining(args) }),
  resources: (options, inputs) => ({ cpus: 1, maxCpus: 2, memoryMb: trainingMemory(options, inputs), gpus: 1 }),
  load: () => import('./pretrain-node.js'),
})
