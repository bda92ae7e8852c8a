import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import {
  frameInputs,
  frameOptions,
  frameOutputs,
  frameResources,
  planFrame,
  projectionOption,
} from '../frame/frame-options.js'

/** Options of `simclr/pretrain`. */
export const pretrainOptions = Type.Object(
  {
    ...frameOptions,
    temperature: Type.Number({
      exclusiveMinimum: 0,
      default: 0.5,
      description: 'Temperature of NT-Xent on unit vectors; smaller weighs hard negatives more. Useful from 0.1 to 0.5',
    }),
    projection: projectionOption([128, 128]),
    projectionNorm: Type.Enum(['none', 'published'], {
      default: 'none',
      description: 'published: a batch norm after every layer of the head and no biases, as SimCLR’s own',
    }),
  },
  { additionalProperties: false },
)

/** `simclr/pretrain`. */
export const pretrain: Operation = defineOperation({
  kind: 'estimator',
  type: 'simclr/pretrain',
  summary:
    'A backbone pre-trained without labels: two random views of a picture attract, views of different pictures repel',
  cacheVersion: 3,
  options: pretrainOptions,
  inputs: frameInputs,
  outputs: frameOutputs,
  rows: 'images',
  fitOn: ['train'],
  // Labels of train rows say after each epoch what features are worth; the loss never sees one.
  supervised: true,
  engine: 'tensor',
  plan: planFrame,
  resources: frameResources,
  load: () => import('./pretrain-node.js'),
})
