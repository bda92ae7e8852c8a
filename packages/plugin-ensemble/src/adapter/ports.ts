import { port, type ModelKind } from '@etsef/plugin-api'

/** Input of every estimator of this plugin. */
export const featureInputs = {
  features: port.features('Rows with named columns; fitted on those of the train partition, applied to all'),
}

/** Outputs of projections and selectors. */
export const transformerOutputs = {
  features: port.features('The same rows with the new columns'),
  model: modelPort('projection'),
}

/** Outputs of classifiers. */
export const classifierOutputs = {
  predictions: port.predictions('Class probabilities per row, and the class with the largest'),
  model: modelPort('classifier'),
}

/**
 * Ports and partitions of a classifier: fitted on train, with labels.
 *
 * @param algorithm - Name of its operation; left out where an option chooses the classifier, and the plan says it.
 */
export function classifierPorts(algorithm?: string) {
  return {
    kind: 'estimator',
    inputs: featureInputs,
    outputs: { ...classifierOutputs, model: modelPort('classifier', algorithm) },
    rows: 'features',
    fitOn: ['train'],
    supervised: true,
  } as const
}

/** Ports and partitions of a projection: fitted on train. */
export function projectionPorts(algorithm: string) {
  return transformerPorts('projection', algorithm)
}

/** Ports and partitions of a selector: fitted on train, columns keep their names. */
export function selectorPorts(algorithm: string) {
  return { ...transformerPorts('selector', algorithm), supervised: true } as const
}

function transformerPorts(modelKind: ModelKind, algorithm: string) {
  return {
    kind: 'estimator',
    inputs: featureInputs,
    outputs: { ...transformerOutputs, model: modelPort(modelKind, algorithm) },
    rows: 'features',
    fitOn: ['train'],
  } as const
}

function modelPort(modelKind: ModelKind, algorithm?: string) {
  return port.model('model.json and model.bin: what was learned, as data', { modelKind, algorithm })
}
