import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { calibrateInputs, calibrateOutputs } from '../calibration/calibrate-ports.js'

/** Operations fitted on validation rows. */
export const calibrators: readonly Operation[] = [
  defineOperation({
    kind: 'estimator',
    type: 'ensemble/calibrate',
    summary: 'Probabilities that mean what they say: temperature, Platt’s sigmoids or isotonic maps, fitted on val',
    cacheVersion: 1,
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
    load: () => import('../calibration/calibrate-node.js'),
  }),
]
