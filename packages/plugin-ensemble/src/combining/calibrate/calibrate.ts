import { defineOperation, Type, port, type Operation } from '@etsef/plugin-api'

/** Inputs of `ensemble/calibrate`. */
export const calibrateInputs = {
  predictions: port.predictions('Scores of any kind; the calibration is fitted on rows of the val partition'),
}

/** Outputs of `ensemble/calibrate`. */
export const calibrateOutputs = {
  predictions: port.predictions('The same rows with calibrated probabilities'),
  model: port.model('model.json and model.bin: the calibration, as data', {
    modelKind: 'calibrator',
    algorithm: 'calibrate',
  }),
}

/** `ensemble/calibrate`. */
export const calibrate: Operation = defineOperation({
  kind: 'estimator',
  type: 'ensemble/calibrate',
  summary: 'Probabilities that mean what they say: temperature, Platt’s sigmoids or isotonic maps, fitted on val',
  cacheVersion: 1,
  draws: false,
  inputs: calibrateInputs,
  outputs: calibrateOutputs,
  rows: 'predictions',
  fitOn: ['val'],
  supervised: true,
  options: Type.Object(
    {
      method: Type.Union([Type.Literal('temperature'), Type.Literal('platt'), Type.Literal('isotonic')], {
        default: 'temperature',
        description:
          'temperature: one number, classes never change; platt: a sigmoid per class; isotonic: a rising map per class, for many rows',
      }),
    },
    { additionalProperties: false },
  ),
  load: () => import('./calibrate-node.js'),
})
