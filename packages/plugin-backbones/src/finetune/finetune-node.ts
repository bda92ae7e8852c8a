import { rowsOf, type EstimatorImplementation, type Static, type OperationContext } from '@etsef/plugin-api'
import { readModel, writeModel, type Model } from '@etsef/nn'
import { readCrossFit, writeCrossFit } from '../cross-fit/cross-fit-files.js'
import { fitCrossFitted, type CrossFit } from '../cross-fit/fit-cross-fitted.js'
import { openCrossFitted } from '../cross-fit/open-cross-fitted.js'
import { embedParts } from '../embed/embed-images.js'
import { featureNames } from '../embed/read-parts.js'

import type { trainingInputs } from '../training/training.js'
import type { finetuneOptions, finetuneOutputs } from './finetune.js'
import { fitClassifier } from '../training/fit-classifier.js'
import { writeNetwork } from '../open-formats/write-network.js'
import { softmaxRows } from './softmax-rows.js'

/** The fine-tuned network, and those of the folds where there are any. */
interface State {
  readonly model: Model
  readonly crossFit: CrossFit | undefined
}

type Implementation = EstimatorImplementation<
  Static<typeof finetuneOptions>,
  typeof trainingInputs,
  typeof finetuneOutputs,
  State,
  OperationContext
>

/** Trains on train rows; val rows pick the best epoch. */
export const fit: Implementation['fit'] = async ({ options, inputs, ctx }) => {
  const { crossFit } = options
  if (crossFit !== null) return fitCrossFitted(inputs.images, inputs.init.dir, { ...options, crossFit }, ctx)
  return { model: await fitClassifier(inputs.images, inputs.init.dir, options, ctx), crossFit: undefined }
}

/** Writes the model directory; models of folds below it. */
export const save: Implementation['save'] = async ({ model, crossFit }, dir) => {
  await writeModel(dir, model)
  if (crossFit !== undefined) await writeCrossFit(dir, crossFit)
}

/** Reads the model directory. */
export const load: Implementation['load'] = async (dir) => ({
  model: await readModel(dir),
  crossFit: await readCrossFit(dir),
})

/** The network; those of folds are for rows that it has learned from. */
export const writeOpenFormats: NonNullable<Implementation['writeOpenFormats']> = ({ state, dir }) =>
  writeNetwork(state.model, dir)

/** Features and predictions of every image, on ONNX Runtime where it agrees with the engine. */
export const open: NonNullable<Implementation['open']> = async ({ options, state, ctx }) => {
  const { classNames, graph } = state.model
  const embedder = await openCrossFitted(state.model, state.crossFit, options.tta, ctx)
  const areLogits = options.crossFit !== null && options.crossFitFeatures === 'logits'
  const names = areLogits ? classNames.map((name) => `logit:${name}`) : featureNames(graph.featureWidth)
  return {
    apply: async (images) => {
      const [features = new Float32Array(0), logits = new Float32Array(0)] = await embedParts(
        embedder,
        images,
        ctx.signal,
        async ({ start, pixels }) => {
          const end = start + pixels.length / (embedder.side * embedder.side * 3)
          const part = { ids: images.ids.slice(start, end), sourceIds: images.sourceIds.slice(start, end) }
          const values = await embedder.run(part, pixels)
          return [values.features, values.logits]
        },
      )
      const rows = { ...rowsOf(images), classNames }
      const { scores, predicted } = softmaxRows(logits, classNames.length)
      return {
        features: { kind: 'features', ...rows, features: areLogits ? logits : features, featureNames: names },
        predictions: { kind: 'predictions', ...rows, scores, scoreKind: 'probability', predicted },
      }
    },
    close: () => embedder.close(),
  }
}
