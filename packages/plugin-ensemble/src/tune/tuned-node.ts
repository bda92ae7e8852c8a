import {
  collectFeatures,
  type EstimatorImplementation,
  type OperationContext,
  type PredictionBatch,
} from '@etsef/plugin-api'
import type { classifierOutputs, featureInputs } from '../adapter/ports.js'
import { argmaxRows, matrix, type Matrix } from '../linear-algebra/matrix.js'
import { loadClassifier } from './classifier-code.js'
import { tuneClassifier, type TuneSettings } from './tune-classifier.js'
import { loadTuned, saveTuned, type TunedModel } from './tuned-model.js'
import { classifierOperation } from './tune-options.js'

/** Adapter of operations that cross-fit a classifier: all folds lie inside the train rows, which are all `fit` is given. */
export function tunedNode<O extends { readonly classifier: string }>(
  settingsOf: (options: O, ctx: OperationContext) => TuneSettings,
  keepsOutOfFold: (options: O) => boolean,
): Required<EstimatorImplementation<O, typeof featureInputs, typeof classifierOutputs, TunedModel>> {
  return {
    fit: async ({ options, inputs, ctx }) => {
      const { classifier } = options
      const table = await collectFeatures(inputs.features, ctx.signal)
      const settings = settingsOf(options, ctx)
      const code = await loadClassifier(classifierOperation(classifier))
      const tuned = await tuneClassifier(code, table, settings, ctx)
      ctx.metric(`inner.${settings.loss}`, tuned.loss)
      ctx.log('info', `${tuned.trials.length} trials of ${classifier}; chosen: ${JSON.stringify(tuned.options)}`)
      const outOfFold = keepsOutOfFold(options) ? { ids: table.ids, scores: tuned.outOfFold } : undefined
      return { classifier, options: tuned.options, trials: tuned.trials, state: tuned.state, outOfFold }
    },
    save: saveTuned,
    load: loadTuned,
    open: async ({ ctx, inputs, state: { classifier, options, state, outOfFold } }) => {
      const code = await loadClassifier(classifierOperation(classifier))
      const opened = await code.open?.({ options, inputs, ctx, state })
      if (!opened) throw new TypeError(`${classifier} gives no predictions`)
      const known = new Map(outOfFold?.ids.map((id, row) => [id, row]))
      return {
        apply: async (batch) => {
          const { predictions } = await opened.apply(batch)
          return { predictions: outOfFold ? withOutOfFold(predictions, known, outOfFold.scores) : predictions }
        },
        close: async () => opened.close?.(),
      }
    },
  }
}

/** The predictions, with the scores of training rows replaced by those of folds that had not seen them. */
function withOutOfFold(batch: PredictionBatch, known: ReadonlyMap<string, number>, table: Matrix): PredictionBatch {
  const width = table.numFeatures
  const scores = batch.scores.slice()
  batch.ids.forEach((id, i) => {
    const row = known.get(id)
    if (row !== undefined) scores.set(table.data.subarray(row * width, (row + 1) * width), i * width)
  })
  const choices = argmaxRows(matrix(batch.ids.length, width, scores))
  const predicted = batch.predicted.map((choice, i) => (known.has(batch.ids[i]!) ? choices[i]! : choice))
  return { ...batch, scores, predicted }
}
