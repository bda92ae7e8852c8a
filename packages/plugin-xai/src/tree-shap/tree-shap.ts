import { Type, defineOperation, port, type Operation, type Static } from '@etsef/plugin-api'

/** Options of `xai/tree-shap`. */
export const treeShapOptions = Type.Object(
  {
    background: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 100,
      description: 'Train rows that stand for absent columns, drawn with the seed; time grows with it',
    }),
  },
  { additionalProperties: false },
)

/** Options of `xai/tree-shap`, defaults filled in. */
export type TreeShapOptions = Static<typeof treeShapOptions>

/** Inputs of `xai/tree-shap`. */
export const treeShapInputs = {
  features: port.features('the rows that the classifier was fitted on and applied to'),
  model: port.model('the model of ensemble/xgboost or ensemble/random-forest', {
    modelKind: 'classifier',
    algorithm: ['xgboost', 'random-forest'],
  }),
}

/** Outputs of `xai/tree-shap`. */
export const treeShapOutputs = {
  attributions: port.attributions('Shapley values [numClasses, numFeatures] per row'),
}

/** `xai/tree-shap`. */
export const treeShap: Operation = defineOperation({
  // An estimator, so that the runner decides what the background is drawn from: train rows, and no others.
  kind: 'estimator',
  type: 'xai/tree-shap',
  summary: 'Exact Shapley values of the columns for each output of a tree ensemble, against train rows',
  cacheVersion: 1,
  options: treeShapOptions,
  inputs: treeShapInputs,
  outputs: treeShapOutputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: false,
  load: () => import('./tree-shap-node.js'),
})
