import { readModel, writeModel, type Model } from '@etsef/nn'
import type { EstimatorImplementation, OperationContext, Static } from '@etsef/plugin-api'
import { fitFrame } from '../frame/fit-frame.js'
import type { frameInputs, frameOutputs } from '../frame/frame-options.js'
import { simsiamMethod } from './simsiam-method.js'
import type { simsiamOptions } from './simsiam.js'

type Implementation = EstimatorImplementation<
  Static<typeof simsiamOptions>,
  typeof frameInputs,
  typeof frameOutputs,
  Model,
  OperationContext
>

/** Learns from the pictures of train rows. */
export const fit: Implementation['fit'] = (args) => {
  const { projection, predictorWidth, batchNormMomentum } = args.options
  const head = { widths: projection, batchNorm: 'affineless', momentum: batchNormMomentum } as const
  return fitFrame(simsiamMethod(head, predictorWidth), args)
}

/** Writes the model directory. */
export const save: Implementation['save'] = (state, dir) => writeModel(dir, state)

/** Reads the model directory. */
export const load: Implementation['load'] = (dir) => readModel(dir)
