import {
  collectFeatures,
  type EstimatorImplementation,
  type OperationContext,
  type PredictionBatch,
  type Rows,
} from '@etsef/plugin-api'
import type { classifierOutputs, featureInputs } from '../adapter/ports.js'
import { argmaxRows, matrix, type Matrix } from '../numeric/linear-algebra/matrix.js'
import { loadChain, openChain } from './chain.js'
import { tuneClassifier, type TuneSettings } from './tune-classifier.js'
import type { CrossFitOptions } from './tune-options.js'
import { loadTuned, saveTuned, type TunedModel } from './tuned-model.js'

/** Adapter of operations that cross-fit a classifier: all folds lie inside the train rows, which are all `fit` is given. */
export function tunedNode<O extends CrossFitOptions>(
  settingsOf: (options: O, ctx: OperationContext) => TuneSettings,
  keepsOutOfFold: (options: O) => boolean,
): Omit<
  Required<EstimatorImplementation<O, typeof featureInputs, typeof classifierOutputs, TunedModel, OperationContext>>,
  'writeOpenFormats'
> {
  return {
    fit: async ({ options, inputs, ctx }) => {
      const { classifier } = options
      const steps = options.steps.map(({ use }) => use)
      const table = await collectFeatures(inputs.features, ctx.signal)
      const settings = settingsOf(options, ctx)
      const tuned = await tuneClassifier(await loadChain(steps, classifier), table, settings, ctx)
      ctx.metric(`inner.${settings.loss}`, tuned.loss)
      const chosen = Object.fromEntries(steps.map((step, index) => [step, tuned.options.steps[index]]))
      const text = JSON.stringify({ ...chosen, [classifier]: tuned.options.classifier })
      ctx.log('info', `${tuned.trials.length} trials of ${classifier}; chosen: ${text}`)
      const outOfFold = keepsOutOfFold(options)
        ? { ids: table.ids, sourceIds: table.sourceIds, scores: tuned.outOfFold }
        : undefined
      return { classifier, steps, options: tuned.options, trials: tuned.trials, state: tuned.state, outOfFold }
    },
    save: saveTuned,
    load: loadTuned,
    open: async ({ ctx, inputs, state: { classifier, steps, options, state, outOfFold } }) => {
      const opened = await openChain(await loadChain(steps, classifier), state, options, ctx, inputs.features)
      const known = new Map(outOfFold?.ids.map((_, row) => [rowKey(outOfFold, row), row]))
      return {
        apply: async (batch) => {
          const predictions = await opened.apply(batch)
          return { predictions: outOfFold ? withOutOfFold(predictions, known, outOfFold.scores) : predictions }
        },
        close: () => opened.close(),
      }
    },
  }
}

/** The predictions, with the scores of training rows replaced by those of folds that had not seen them. */
function withOutOfFold(batch: PredictionBatch, known: ReadonlyMap<string, number>, table: Matrix): PredictionBatch {
  const width = table.numFeatures
  const scores = batch.scores.slice()
  const rows = batch.ids.map((_, i) => known.get(rowKey(batch, i)))
  rows.forEach((row, i) => {
    if (row !== undefined) scores.set(table.data.subarray(row * width, (row + 1) * width), i * width)
  })
  const choices = argmaxRows(matrix(batch.ids.length, width, scores))
  const predicted = batch.predicted.map((choice, i) => (rows[i] === undefined ? choice : choices[i]!))
  return { ...batch, scores, predicted }
}

function rowKey(rows: Pick<Rows, 'ids' | 'sourceIds'>, i: number): string {
  return `${rows.ids[i]!}\u0000${rows.sourceIds[i] ?? ''}`
}
