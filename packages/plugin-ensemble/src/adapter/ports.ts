import { port } from '@etsef/plugin-api'

/** Input of every estimator of this plugin. */
export const featureInputs = {
  features: port.features('Rows with named columns; fitted on those of the train partition, applied to all'),
}

/** Outputs of projections and selectors. */
export const transformerOutputs = {
  features: port.features('The same rows with the new columns'),
  model: port.model('model.json and model.bin: what was learned, as data'),
}

/** Outputs of classifiers. */
export const classifierOutputs = {
  predictions: port.predictions('Class probabilities per row, and the class with the largest'),
  model: port.model('model.json and model.bin: what was learned, as data'),
}

/** Ports and partitions of every classifier: fitted on train, with labels. */
export const classifierPorts = {
  kind: 'estimator',
  inputs: featureInputs,
  outputs: classifierOutputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: true,
} as const

/** Ports and partitions of every projection: fitted on train. */
export const projectionPorts = {
  kind: 'estimator',
  inputs: featureInputs,
  outputs: transformerOutputs,
  rows: 'features',
  fitOn: ['train'],
} as const

/** Ports and partitions of every selector: fitted on train, columns keep their names. */
export const selectorPorts = { ...projectionPorts, supervised: true } as const
