import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { abstainForAccuracyOutputs, abstainInputs } from '../members/ports.js'

/** Options of `ensemble/abstain-for-accuracy`. */
export const abstainForAccuracyOptions = Type.Object(
  {
    accuracy: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.95,
      description: 'Wanted share of right answers among those given, on val',
    }),
  },
  { additionalProperties: false },
)

/** `ensemble/abstain-for-accuracy`. */
export const abstainForAccuracy: Operation = defineOperation({
  kind: 'estimator',
  type: 'ensemble/abstain-for-accuracy',
  summary: 'Gives no answer below the least margin that reaches a wanted accuracy on the val rows',
  cacheVersion: 1,
  draws: false,
  options: abstainForAccuracyOptions,
  inputs: abstainInputs,
  outputs: abstainForAccuracyOutputs,
  rows: 'predictions',
  fitOn: ['val'],
  supervised: true,
  load: async () => (await import('./abstain-for-accuracy-node.js')).abstainForAccuracyNode,
})
