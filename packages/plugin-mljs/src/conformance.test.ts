import { checkPlugin, someFeatures } from '@etsef/plugin-api/testing'
import plugin from './plugin.js'

const features = someFeatures({ numSamples: 60, numClasses: 3, numFeatures: 6 })
const onFeatures =
  (options: Record<string, unknown> = {}) =>
  () => ({ options, inputs: { features } })

checkPlugin(plugin, {
  cases: {
    'mljs/random-forest': onFeatures({ trees: 5 }),
    'mljs/knn': onFeatures(),
    'mljs/xgboost': onFeatures({ rounds: 5 }),
  },
})
