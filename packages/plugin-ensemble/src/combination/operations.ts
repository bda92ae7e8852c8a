import { defineOperation, port, Type, type Operation } from '@etsef/plugin-api'
import { combinedOutputs, lossOption, memberInputs, planMembers } from './ports.js'

/** Options of `ensemble/weighted-vote`. */
export const weightedVoteOptions = Type.Object(
  {
    voting: Type.Union([Type.Literal('soft'), Type.Literal('hard')], {
      default: 'soft',
      description: 'soft averages probabilities, hard counts decisions',
    }),
    weights: Type.Union([Type.Null(), Type.Record(Type.String(), Type.Number({ minimum: 0 }))], {
      default: null,
      description: 'Weight of each member by name, members left out weigh 0; null learns them from val',
    }),
    rule: Type.Union([Type.Literal('mixture'), Type.Literal('balancedAccuracy'), Type.Literal('logOdds')], {
      default: 'mixture',
      description:
        'How weights follow from val: mixture (least log loss), balancedAccuracy (above chance), logOdds (best for independent members)',
    }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/greedy-selection`. */
export const greedySelectionOptions = Type.Object(
  {
    rounds: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 25,
      description: 'Members taken at most, with replacement',
    }),
    loss: lossOption,
  },
  { additionalProperties: false },
)

/** Options of `ensemble/stack`. */
export const stackOptions = Type.Object(
  {
    fitOn: Type.Union([Type.Literal('val'), Type.Literal('outOfFold')], {
      default: 'val',
      description:
        'Rows the final estimator learns from: val, or train where every member gives out-of-fold scores (ensemble/cross-fit, ensemble/tune)',
    }),
    inputs: Type.Union([Type.Literal('probability'), Type.Literal('logProbability')], {
      default: 'probability',
      description: 'What the final estimator sees of each member and class',
    }),
    c: Type.Number({
      exclusiveMinimum: 0,
      default: 1,
      description: 'Inverse strength of its L2 penalty; larger fits closer',
    }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/dynamic-selection`. */
export const dynamicSelectionOptions = Type.Object(
  {
    rule: Type.Union([Type.Literal('eliminate'), Type.Literal('union')], {
      default: 'eliminate',
      description:
        'eliminate (KNORA-E) keeps members right on all neighbours; union (KNORA-U) weighs by right neighbours',
    }),
    neighbors: Type.Integer({ minimum: 1, default: 7, description: 'Val rows that make the region of competence' }),
    metric: Type.Union([Type.Literal('l1'), Type.Literal('l2'), Type.Literal('cosine')], {
      default: 'l2',
      description: 'Distance between feature rows; bring the columns to one scale first',
    }),
  },
  { additionalProperties: false },
)

/** Options of `ensemble/single-best`. */
export const singleBestOptions = Type.Object({ loss: lossOption }, { additionalProperties: false })

/** Options of `ensemble/abstain`. */
export const abstainOptions = Type.Object(
  {
    margin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description: 'Rows whose two largest scores are closer than this get no answer',
    }),
  },
  { additionalProperties: false },
)

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

/** Options of the reports on members. */
export const memberReportOptions = Type.Object(
  {
    partition: Type.Union([Type.Literal('val'), Type.Literal('test')], {
      default: 'val',
      description: 'Rows reported on. test reads test labels, which the run record counts',
    }),
  },
  { additionalProperties: false },
)

/** Ports of `ensemble/dynamic-selection`. */
export const dynamicSelectionInputs = {
  ...memberInputs,
  features: port.features('The same rows, in the space in which neighbours are looked for'),
}

/** Ports of the abstaining operations. */
export const abstainInputs = { predictions: port.predictions('Predictions to hold back from where they are unsure') }

/** Outputs of `ensemble/abstain`. */
export const abstainOutputs = { predictions: port.predictions('The same scores; −1 where no answer is given') }

/** Outputs of `ensemble/abstain-for-accuracy`. */
export const abstainForAccuracyOutputs = {
  ...abstainOutputs,
  model: port.model('model.json: the margin that was chosen, and what it gave on val'),
}

/** Output of `ensemble/member-scores`. */
export const memberScoresOutputs = { features: port.features('Columns member/class, one per score') }

/** Output of the reports on members. */
export const memberReportOutputs = { report: port.report('Figures as JSON and a table') }

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
    cacheVersion: 1,
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
    options: Type.Object({}, { additionalProperties: false }),
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
    summary: 'How good a combination of these members could be at best: right wherever any member is',
    cacheVersion: 1,
    options: memberReportOptions,
    inputs: memberInputs,
    outputs: memberReportOutputs,
    load: async () => (await import('./oracle-node.js')).oracleNode,
  }),
  defineOperation({
    kind: 'report',
    type: 'ensemble/diversity',
    summary: 'How much the members differ in their errors: Q, disagreement, kappa, effective number of members',
    cacheVersion: 1,
    options: memberReportOptions,
    inputs: memberInputs,
    outputs: memberReportOutputs,
    load: async () => (await import('./diversity-node.js')).diversityNode,
  }),
]
