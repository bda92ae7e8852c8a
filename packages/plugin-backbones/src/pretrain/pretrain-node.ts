import type { EstimatorImplementation, Static, OperationContext } from '@etsef/plugin-api'
import { readModel, writeModel, type Model } from '@etsef/nn'

import type { trainingInputs } from '../training/training.js'
import type { pretrainOptions, pretrainOutputs } from './pretrain.js'
import { fitClassifier } from '../training/fit-classifier.js'

type Implementation = EstimatorImplementation<
  Static<typeof pretrainOptions>,
  typeof trainingInputs,
  typeof pretrainOutputs,
  Model,
  OperationContext
>

/** Trains on train rows; val rows pick the best epoch. */
export const fit: Implementation['fit'] = ({ options, inputs, ctx }) =>
  fitClassifier(inputs.images, inputs.init.dir, options, ctx)

/** Writes the model directory. */
export const save: Implementation['save'] = (state, dir) => writeModel(dir, state)

/** Reads the model directory. */
export const load: Implementation['load'] = (dir) => readModel(dir)
