import { checkPlugin, someFeatures, somePredictions } from '@etsef/plugin-api/testing'
import { memberOperations } from './combining/combiners.js'
import plugin from './plugin.js'
import { tuners } from './tuning/tuners.js'

const features = someFeatures({ numSamples: 60, numClasses: 3, numFeatures: 6 })
const member = (name: string, seed: number) => ({
  name,
  value: somePredictions({ numSamples: 60, numClasses: 3, seed }),
})
const onFeatures =
  (options: Record<string, unknown> = {}) =>
  () => ({ options, inputs: { features } })

checkPlugin(plugin, {
  cases: {
    'ensemble/fuse': () => ({
      inputs: {
        features: [
          { name: 'tl', value: features },
          { name: 'ssl', value: someFeatures({ numSamples: 60, numClasses: 3, numFeatures: 4, seed: 2 }) },
        ],
      },
    }),
    'ensemble/vote': () => ({ inputs: { predictions: [member('a', 1), member('b', 2), member('c', 3)] } }),
    'ensemble/standardize': onFeatures(),
    'ensemble/fast-ica': onFeatures({ components: 3 }),
    'ensemble/pca': onFeatures({ components: 3 }),
    'ensemble/select-anova': onFeatures({ components: 3 }),
    'ensemble/random-projection': onFeatures({ components: 3 }),
    'ensemble/lda-projection': onFeatures(),
    'ensemble/select-mutual-information': onFeatures({ components: 3 }),
    'ensemble/select-chi2': () => ({
      options: { components: 3 },
      inputs: { features: { ...features, features: features.features.map(Math.abs) } },
    }),
    'ensemble/select-mrmr': onFeatures({ components: 3 }),
    'ensemble/select-rfe': onFeatures({ components: 3 }),
    'ensemble/select-l1': onFeatures({ components: 3 }),
    'ensemble/select-tree-importance': onFeatures({ components: 3, trees: 10 }),
    'ensemble/select-stability': onFeatures({ components: 3, rounds: 5 }),
    'ensemble/select-boruta': onFeatures({ rounds: 5, trees: 10 }),
    'ensemble/select-correlation': onFeatures(),
    'ensemble/select-variance': onFeatures(),
    'ensemble/select-none': onFeatures(),
    'ensemble/logistic-regression': onFeatures(),
    'ensemble/lda': onFeatures(),
    'ensemble/linear-svm': onFeatures(),
    'ensemble/xgboost': onFeatures({ rounds: 5 }),
    'ensemble/random-forest': onFeatures({ trees: 5 }),
    'ensemble/naive-bayes': onFeatures(),
    'ensemble/knn': onFeatures(),
    'ensemble/calibrate': () => ({ inputs: { predictions: member('a', 1).value } }),
    'ensemble/kernel-svm': onFeatures(),
    'ensemble/ml-random-forest': onFeatures({ trees: 5 }),
    'ensemble/ml-knn': onFeatures(),
    'ensemble/ml-xgboost': onFeatures({ rounds: 5 }),
  },
  untested: Object.fromEntries([
    ...memberOperations.map(({ type }) => [type, 'checked in combining/conformance.test.ts']),
    ...tuners.map(({ type }) => [type, 'checked in tuning/tune.test.ts']),
  ]),
})
