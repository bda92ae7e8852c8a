import { collectPredictions, type EstimatorImplementation } from '@etsef/plugin-api'
import { checkFinite, loadModel, saveModel } from '@etsef/plugin-api/models'
import { argmaxRows, matrix } from '../../numeric/linear-algebra/matrix.js'
import type { calibrateInputs, calibrateOutputs } from './calibrate.js'
import { applyCalibration, fitCalibration, type CalibrationMethod, type CalibrationModel } from './calibrate-model.js'

interface State {
  readonly kind: 'calibration'
  readonly model: CalibrationModel
}

type Code = Required<
  EstimatorImplementation<
    { readonly method: CalibrationMethod },
    typeof calibrateInputs,
    typeof calibrateOutputs,
    State
  >
>

/** Learns the calibration from labelled validation rows. */
export const fit: Code['fit'] = async ({ options, inputs, ctx }) => {
  const { scores, scoreKind, labels, classNames, ids } = await collectPredictions(inputs.predictions, ctx.signal)
  const table = matrix(ids.length, classNames.length, scores)
  checkFinite(table)
  const model = fitCalibration(table, labels, { method: options.method, scoreKind })
  if (model.kind === 'temperature') ctx.metric('temperature', model.temperature)
  return { kind: 'calibration', model }
}

/** Writes the calibration as data. */
export const save: Code['save'] = saveModel

/** Reads what `save` wrote. */
export const load: Code['load'] = async (dir) => {
  // The kind is checked, and the runner has checked that the bytes are those `save` wrote.
  return (await loadModel(dir, 'calibration')) as State
}

/** Calibrates batch by batch. */
export const open: Code['open'] = ({ state }) =>
  Promise.resolve({
    apply: (batch) => {
      const table = matrix(batch.ids.length, batch.classNames.length, batch.scores)
      const probabilities = applyCalibration(state.model, table, batch.scoreKind)
      const predicted = argmaxRows(probabilities)
      const isSame = state.model.kind === 'temperature'
      return Promise.resolve({
        predictions: {
          ...batch,
          scores: probabilities.data,
          scoreKind: 'probability' as const,
          // A temperature cannot change the class, ties decided upstream included; an abstention stays one.
          predicted: predicted.map((choice, i) => (isSame || batch.predicted[i]! < 0 ? batch.predicted[i]! : choice)),
        },
      })
    },
    close: () => Promise.resolve(),
  })
