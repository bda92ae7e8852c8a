import {
  collectFeatures,
  rowsOf,
  type AttributionBatch,
  type EstimatorImplementation,
  type FeatureBatch,
  type OperationContext,
} from '@etsef/plugin-api'
import { outputsOf, readTreeEnsemble, type TreeEnsemble } from '@etsef/plugin-api/models'
import { checkAdditivity } from './additivity.js'
import { drawBackground, loadBackground, saveBackground, type Background } from './background.js'
import { checkColumns, predictedOutput } from './explained-output.js'
import { treeExplainer, type TreeExplainer } from './interventional-tree-shap.js'
import type { TreeShapOptions, treeShapInputs, treeShapOutputs } from './tree-shap.js'

type Implementation = Required<
  EstimatorImplementation<TreeShapOptions, typeof treeShapInputs, typeof treeShapOutputs, Background, OperationContext>
>

/** The background: rows that the runner gives to fit, which are those of the train partition. */
export const fit: Implementation['fit'] = async ({ options, inputs, ctx }) => {
  const [table, ensemble] = await Promise.all([
    collectFeatures(inputs.features, ctx.signal),
    readTreeEnsemble(inputs.model.dir),
  ])
  checkColumns({ featureNames: table.featureNames }, ensemble)
  return drawBackground(table, options.background, ctx.rng('background'))
}

/** See {@link saveBackground}. */
export const save: Implementation['save'] = saveBackground

/** See {@link loadBackground}. */
export const load: Implementation['load'] = loadBackground

/** Attributions of every row, batch by batch; none leaves that does not add up. */
export const open: Implementation['open'] = async ({ inputs, state, ctx }) => {
  const ensemble = await readTreeEnsemble(inputs.model.dir)
  checkColumns(state, ensemble)
  const explainer = treeExplainer(ensemble, state.rows)
  const numBackground = explainer.numBackground
  let worst = 0
  return {
    apply: (batch) => {
      checkColumns(batch, ensemble)
      ctx.signal.throwIfAborted()
      const attributions = explainBatch(batch, ensemble, explainer)
      worst = attributions.additivityResidual.reduce((most, value) => Math.max(most, value), worst)
      return Promise.resolve({ attributions })
    },
    close: () => {
      ctx.metric('additivityResidual', worst)
      ctx.metric('backgroundRows', numBackground)
      return Promise.resolve()
    },
  }
}

/** Shapley values `[numClasses, numFeatures]` a row. @throws PipelineError `ERR_NOT_ADDITIVE`. */
function explainBatch(batch: FeatureBatch, ensemble: TreeEnsemble, explainer: TreeExplainer): AttributionBatch {
  const [numRows, width] = [batch.ids.length, batch.featureNames.length]
  const { numClasses, classes, opposite } = ensemble
  const values = new Float32Array(numRows * numClasses * width)
  const targets = new Int32Array(numRows)
  const empty = new Uint8Array(numRows)
  const additivityResidual = new Float64Array(numRows)
  for (let i = 0; i < numRows; i++) {
    const row = batch.features.subarray(i * width, (i + 1) * width)
    const own = explainer.explain(row)
    const outputs = outputsOf(ensemble, row)
    additivityResidual[i] = checkAdditivity(own, { base: explainer.base, outputs }, batch.ids[i]!)
    const start = i * numClasses * width
    classes.forEach((label, k) => {
      values.set(own.subarray(k * width, (k + 1) * width), start + label * width)
    })
    if (opposite !== undefined) for (let j = 0; j < width; j++) values[start + opposite * width + j] = -own[j]!
    targets[i] = predictedOutput(outputs, ensemble).label
    const target = values.subarray(start + targets[i]! * width, start + (targets[i]! + 1) * width)
    empty[i] = target.some((value) => value > 0) ? 0 : 1
  }
  const form = { values, shape: [numClasses, width], method: 'tree-shap', unit: ensemble.unit }
  return { kind: 'attributions', ...rowsOf(batch), ...form, targets, empty, additivityResidual }
}
