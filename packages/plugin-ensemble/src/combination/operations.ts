import { defineOperation, type Operation } from '@etsef/plugin-api'
import {
  abstainForAccuracyOptions,
  abstainOptions,
  dynamicSelectionOptions,
  greedySelectionOptions,
  noOptions,
  oracleOptions,
  singleBestOptions,
  stackOptions,
  weightedVoteOptions,
} from './options.js'
import {
  abstainForAccuracyOutputs,
  abstainInputs,
  abstainOutputs,
  combinedOutputs,
  dynamicSelectionInputs,
  memberInputs,
  memberReportOutputs,
  memberScoresOutputs,
  planMembers,
} from './ports.js'

/** Operations that combine predictions, or report on how they go together. */
export const combinationOperations: readonly Operation[] = [
  defineOperation({
    kind: 'combine',
    type: 'ensemble/weighted-vote',
    summary: 'A vote whose weights are given or learned from the val rows',
    cacheVersion: 1,
    options: weightedVoteOptions,
    inputs: memberInputs,
    outputs: combinedOutputs,
    plan: (args) => {
      const { weights } = args.options
      if (weights === null) return planMembers(args, ['val'])
      const names = args.inputs.predictions.map(({ name }) => name)
      for (const name of Object.keys(weights)) {
        if (!names.includes(name)) {
          args.issue('weights', `There is no member "${name}"`, { expected: names.join(', '), received: name })
        }
      }
      if (!names.some((name) => (weights[name] ?? 0) > 0)) {
        args.issue('weights', 'No member has a weight above 0', { expected: 'one or more weights above 0' })
      }
      return planMembers(args)
    },
    load: async () => (await import('./weighted-vote-node.js')).weightedVoteNode,
  }),
  defineOperation({
    kind: 'combine',
    type: 'ensemble/greedy-selection',
    summary: 'Mean of the members that greedy selection with replacement takes on the val rows',
    cacheVersion: 1,
    options: greedySelectionOptions,
    inputs: memberInputs,
    outputs: combinedOutputs,
    plan: (args) => planMembers(args, ['val']),
    load: async () => (await import('./greedy-selection-node.js')).greedySelectionNode,
  }),
  defineOperation({
    kind: 'combine',
    type: 'ensemble/stack',
    summary: 'Logistic regression on the scores of the members, learned from val or from out-of-fold rows',
    cacheVersion: 2,
    options: stackOptions,
    inputs: memberInputs,
    outputs: combinedOutputs,
    plan: (args) => planMembers(args, [args.options.fitOn === 'val' ? 'val' : 'train']),
    load: async () => (await import('./stack-node.js')).stackNode,
  }),
  defineOperation({
    kind: 'combine',
    type: 'ensemble/dynamic-selection',
    summary: 'For each row a vote of the members that are right on the val rows nearest to it (KNORA)',
    cacheVersion: 1,
    options: dynamicSelectionOptions,
    inputs: dynamicSelectionInputs,
    outputs: combinedOutputs,
    plan: (args) => planMembers(args, ['val']),
    load: async () => (await import('./dynamic-selection-node.js')).dynamicSelectionNode,
  }),
  defineOperation({
    kind: 'combine',
    type: 'ensemble/single-best',
    summary: 'The member with the least loss on the val rows, unchanged',
    cacheVersion: 1,
    options: singleBestOptions,
    inputs: memberInputs,
    outputs: combinedOutputs,
    plan: (args) => planMembers(args, ['val']),
    load: async () => (await import('./single-best-node.js')).singleBestNode,
  }),
  defineOperation({
    kind: 'combine',
    type: 'ensemble/member-scores',
    summary: 'The scores of all members side by side as features, for a final estimator of your choice',
    cacheVersion: 1,
    options: noOptions,
    inputs: memberInputs,
    outputs: memberScoresOutputs,
    plan: (args) => {
      const { classNames, numSamples, partitions } = planMembers(args).predictions
      const numFeatures = classNames && classNames.length * args.inputs.predictions.length
      return { features: { classNames, numSamples, partitions, numFeatures } }
    },
    load: async () => (await import('./member-scores-node.js')).memberScoresNode,
  }),
  defineOperation({
    kind: 'map',
    type: 'ensemble/abstain',
    summary: 'Gives no answer where the two largest scores are closer than a margin',
    cacheVersion: 1,
    options: abstainOptions,
    inputs: abstainInputs,
    outputs: abstainOutputs,
    rows: 'predictions',
    load: async () => (await import('./abstain-node.js')).abstainNode,
  }),
  defineOperation({
    kind: 'estimator',
    type: 'ensemble/abstain-for-accuracy',
    summary: 'Gives no answer below the least margin that reaches a wanted accuracy on the val rows',
    cacheVersion: 1,
    options: abstainForAccuracyOptions,
    inputs: abstainInputs,
    outputs: abstainForAccuracyOutputs,
    rows: 'predictions',
    fitOn: ['val'],
    supervised: true,
    load: async () => (await import('./abstain-for-accuracy-node.js')).abstainForAccuracyNode,
  }),
  defineOperation({
    kind: 'report',
    type: 'ensemble/oracle',
    summary: 'How good a combination of these members could be at best, and how much they differ in their errors',
    cacheVersion: 1,
    options: oracleOptions,
    inputs: memberInputs,
    outputs: memberReportOutputs,
    load: async () => (await import('./oracle-node.js')).oracleNode,
  }),
  defineOperation({
    kind: 'combine',
    type: 'ensemble/diversity',
    summary: 'How much the members differ in their errors on the val rows: Q, disagreement, kappa, effective number',
    cacheVersion: 1,
    options: noOptions,
    inputs: memberInputs,
    outputs: memberReportOutputs,
    plan: (args) => {
      planMembers(args, ['val'])
      return {}
    },
    load: async () => (await import('./diversity-node.js')).diversityNode,
  }),
]
