import { defineOperation, type Operation } from '@etsef/plugin-api'
import { memberInputs, memberScoresOutputs, noOptions, planMembers } from '../members/ports.js'

/** `ensemble/member-scores`. */
export const memberScores: Operation = defineOperation({
  kind: 'map',
  type: 'ensemble/member-scores',
  summary: 'The scores of all members side by side as features, for a final estimator of your choice',
  cacheVersion: 2,
  draws: false,
  options: noOptions,
  inputs: memberInputs,
  outputs: memberScoresOutputs,
  rows: 'predictions',
  joins: true,
  plan: (args) => {
    const { classNames, numSamples, partitions } = planMembers(args).predictions
    const numFeatures = classNames && classNames.length * args.inputs.predictions.length
    return { features: { classNames, numSamples, partitions, numFeatures } }
  },
  load: async () => (await import('./member-scores-node.js')).memberScoresNode,
})
