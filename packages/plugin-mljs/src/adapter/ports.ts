import { port } from '@etsef/plugin-api'

/** Input of every operation of this plugin. */
export const featureInputs = {
  features: port.features('Rows with named columns; fitted on those of the train partition, applied to all'),
}

/** Outputs of every operation of this plugin. */
export const classifierOutputs = {
  predictions: port.predictions('Class probabilities per row, and the class with the largest'),
  model: modelPort(),
}

/** Ports and partitions of a classifier: fitted on train, with labels. */
export function classifierPorts(algorithm: string) {
  return {
    kind: 'estimator',
    inputs: featureInputs,
    outputs: { ...classifierOutputs, model: modelPort(algorithm) },
    rows: 'features',
    fitOn: ['train'],
    supervised: true,
  } as const
}

function modelPort(algorithm?: string) {
  return port.model('model.json and model.bin: what was learned, as data', { modelKind: 'classifier', algorithm })
}
