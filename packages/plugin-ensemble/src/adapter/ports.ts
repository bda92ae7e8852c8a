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
