import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import {
  frameInputs,
  frameOptions,
  frameOutputs,
  frameResources,
  planFrame,
  projectionOption,
} from '../frame/frame-options.js'

/** Options of `simclr/supcon`. */
export const supconOptions = Type.Object(
  {
    ...frameOptions,
    temperature: Type.Number({
      exclusiveMinimum: 0,
      default: 0.5,
      description: 'Temperature on unit vectors; smaller weighs hard negatives more. Useful from 0.1 to 0.5',
    }),
    projection: projectionOption([128, 128]),
    projectionNorm: Type.Enum(['none', 'published'], {
      default: 'none',
      description: 'published: a batch norm after every layer of the head and no biases, as published',
    }),
  },
  { additionalProperties: false },
)

/** `simclr/supcon`. */
export const supcon: Operation = defineOperation({
  kind: 'estimator',
  type: 'simclr/supcon',
  summary: 'A backbone pre-trained with labels: views of pictures of one class attract, all others repel',
  cacheVersion: 2,
  options: supconOptions,
  inputs: frameInputs,
  outputs: frameOutputs,
  rows: 'images',
  fitOn: ['train'],
  supervised: true,
  engine: 'tensor',
  plan: planFrame,
  resources: frameResources,
  load: () => import('./supcon-node.js'),
})
