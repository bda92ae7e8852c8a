import { definePlugin } from '@etsef/plugin-api'
import { checkPlugin, someFeatures, somePredictions, type ConformanceCase } from '@etsef/plugin-api/testing'
import { memberOperations } from './combiners.js'

const shape = { numSamples: 45, numClasses: 3 }
const predictions = [
  { name: 'svm', value: somePredictions({ ...shape, seed: 1, accuracy: 0.8 }) },
  { name: 'forest', value: somePredictions({ ...shape, seed: 2, accuracy: 0.7 }) },
  { name: 'bayes', value: somePredictions({ ...shape, seed: 3, accuracy: 0.6 }) },
]
const of =
  (options: Record<string, unknown> = {}) =>
  (): ConformanceCase => ({ options, inputs: { predictions } })
const one = (options: Record<string, unknown>) => (): ConformanceCase => ({
  options,
  inputs: { predictions: predictions[0]!.value },
})

checkPlugin(definePlugin({ name: 'ensemble', operations: memberOperations }), {
  cases: {
    'ensemble/weighted-vote': of(),
    'ensemble/greedy-selection': of(),
    'ensemble/stack': of(),
    'ensemble/dynamic-selection': () => ({ inputs: { predictions, features: someFeatures(shape) } }),
    'ensemble/single-best': of(),
    'ensemble/member-scores': of(),
    'ensemble/abstain': one({ margin: 0.5 }),
    'ensemble/abstain-for-accuracy': one({ accuracy: 0.3 }),
    'ensemble/oracle': of({ partition: 'test' }),
    'ensemble/diversity': of(),
  },
})
