import { readModel, writeModel, type Model } from '@etsef/nn'
import type { EstimatorImplementation, OperationContext, Static } from '@etsef/plugin-api'
import { fitFrame } from '../frame/fit-frame.js'
import type { frameInputs, frameOutputs } from '../frame/frame-options.js'
import { supconMethod } from './supcon-method.js'
import type { supconOptions } from './supcon.js'

type Implementation = EstimatorImplementation<
  Static<typeof supconOptions>,
  typeof frameInputs,
  typeof frameOutputs,
  Model,
  OperationContext
>

/** Learns from the pictures of train rows. */
export const fit: Implementation['fit'] = (args) => {
  const { projection, projectionNorm, batchNormMomentum, temperature } = args.options
  const head = { widths: projection, batchNorm: projectionNorm, momentum: batchNormMomentum }
  return fitFrame(supconMethod(head, temperature), args)
}

/** Writes the model directory. */
export const save: Implementation['save'] = (state, dir) => writeModel(dir, state)

/** Reads the model directory. */
export const load: Implementation['load'] = (dir) => readModel(dir)
