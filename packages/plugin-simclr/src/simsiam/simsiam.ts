import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import {
  frameInputs,
  frameOptions,
  frameOutputs,
  frameResources,
  planFrame,
  projectionOption,
} from '../frame/frame-options.js'

/** Options of `simclr/simsiam`. */
export const simsiamOptions = Type.Object(
  {
    ...frameOptions,
    projection: projectionOption(['features', 'features', 'features']),
    predictorWidth: Type.Integer({
      minimum: 1,
      default: 64,
      description: 'Hidden width of the predictor; a quarter of the last projection’s or less',
    }),
  },
  { additionalProperties: false },
)

/** `simclr/simsiam`. */
export const simsiam: Operation = defineOperation({
  kind: 'estimator',
  type: 'simclr/simsiam',
  summary: 'A backbone pre-trained without labels or negatives: one view of a picture predicts the other',
  cacheVersion: 2,
  options: simsiamOptions,
  inputs: frameInputs,
  outputs: frameOutputs,
  rows: 'images',
  fitOn: ['train'],
  // Labels of train rows say after each epoch what features are worth; the loss never sees one.
  supervised: true,
  engine: 'tensor',
  plan: planFrame,
  resources: frameResources,
  load: () => import('./simsiam-node.js'),
})
