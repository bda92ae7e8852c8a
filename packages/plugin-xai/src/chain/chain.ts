import { Type, defineOperation, port, type Operation } from '@etsef/plugin-api'

/** Options of `xai/chain`: none. */
export const chainOptions = Type.Object({}, { additionalProperties: false })

/** Inputs of `xai/chain`. */
export const chainInputs = {
  features: port.features('fused features, before standardiser and projection'),
  projections: port.model.many(
    'models from the features to the classifier, in their order: standardize, pca, fast-ica',
    {
      modelKind: 'projection',
      algorithm: ['standardize', 'pca', 'fast-ica'],
    },
  ),
  model: port.model('the model of ensemble/linear-svm or ensemble/logistic-regression', {
    modelKind: 'classifier',
    algorithm: ['linear-svm', 'logistic-regression'],
  }),
}

/** Outputs of `xai/chain`. */
export const chainOutputs = {
  attributions: port.attributions('Shapley values [numClasses, numFeatures] per row, in units of the margin'),
}

/** `xai/chain`. */
export const chain: Operation = defineOperation({
  // An estimator, so that the runner decides what the mean is of: train rows, and no others.
  kind: 'estimator',
  type: 'xai/chain',
  summary:
    'Exact Shapley values of fused features for a linear classifier, carried back through standardiser, PCA and ICA',
  cacheVersion: 2,
  draws: false,
  options: chainOptions,
  inputs: chainInputs,
  outputs: chainOutputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: false,
  load: () => import('./chain-node.js'),
})
