import { rowsOf, type EstimatorImplementation, type ImageBatch, type Static } from '@etsef/plugin-api'
import { openFrozenNetwork, readModel, writeModel, type Model } from '@etsef/nn'
import { featureNames, readBatch } from '../extract/read-batch.js'
import type { finetuneOptions } from '../options.js'
import type { finetuneOutputs, trainingInputs } from '../plugin.js'
import { engineOf, fitClassifier } from './fit-classifier.js'
import { softmaxRows } from './softmax-rows.js'

type Implementation = EstimatorImplementation<
  Static<typeof finetuneOptions>,
  typeof trainingInputs,
  typeof finetuneOutputs,
  Model
>

/** Trains on train rows; val rows pick the best epoch. */
export const fit: Implementation['fit'] = ({ options, inputs, ctx }) =>
  fitClassifier(inputs.images, inputs.init.dir, options, ctx)

/** Writes the model directory. */
export const save: Implementation['save'] = (state, dir) => writeModel(dir, state)

/** Reads the model directory. */
export const load: Implementation['load'] = (dir) => readModel(dir)

/** Features and predictions of every image, on ONNX Runtime where it agrees with the engine. */
export const open: NonNullable<Implementation['open']> = async ({ state, ctx }) => {
  const { graph, weights, classNames, preprocessing } = state
  const network = await openFrozenNetwork(graph, weights, {
    outputs: [graph.featureNode, graph.logitsNode!],
    engine: engineOf(ctx),
    threads: ctx.threads,
    log: (line) => {
      ctx.log('warn', line)
    },
  })
  const names = featureNames(graph.featureWidth)
  return {
    apply: async (batch) => {
      const images = batch as ImageBatch
      const numSamples = images.ids.length
      const input = await readBatch(images, graph.inputShape[0], preprocessing, ctx.signal)
      const [features, logits] =
        numSamples === 0 ? [new Float32Array(0), new Float32Array(0)] : await network.run(input, numSamples)
      const rows = { ...rowsOf(images), classNames }
      const { scores, predicted } = softmaxRows(logits!, classNames.length)
      return {
        features: { kind: 'features', ...rows, features: features!, featureNames: names },
        predictions: { kind: 'predictions', ...rows, scores, scoreKind: 'probability', predicted },
      }
    },
    close: () => network.dispose(),
  }
}
