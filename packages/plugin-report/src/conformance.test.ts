import { checkPlugin, someFeatures, somePredictions } from '@etsef/plugin-api/testing'
import { plugin } from './plugin.js'

const predictions = (accuracy: number, seed: number) => somePredictions({ numSamples: 60, accuracy, seed })

checkPlugin(plugin, {
  cases: {
    'report/evaluate': () => ({
      options: { resamples: 100 },
      inputs: {
        predictions: [
          { name: 'svm', value: predictions(0.6, 1) },
          { name: 'knn', value: predictions(0.7, 2) },
          { name: 'vote', value: predictions(0.9, 3) },
        ],
      },
    }),
    'report/figures': () => ({
      options: { iterations: 60 },
      inputs: { predictions: predictions(0.8, 1), features: someFeatures({ numSamples: 100 }) },
    }),
  },
})
