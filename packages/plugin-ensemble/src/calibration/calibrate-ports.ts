import { port } from '@etsef/plugin-api'

/** Inputs of `ensemble/calibrate`. */
export const calibrateInputs = {
  predictions: port.predictions('Scores of any kind; the calibration is fitted on rows of the val partition'),
}

/** Outputs of `ensemble/calibrate`. */
export const calibrateOutputs = {
  predictions: port.predictions('The same rows with calibrated probabilities'),
  model: port.model('model.json and model.bin: the calibration, as data'),
}
