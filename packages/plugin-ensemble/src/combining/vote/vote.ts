import { defineOperation, Type, port, type Operation, type Static } from '@etsef/plugin-api'
import { checkSources, checkWeights, sharedSpec } from '../members/check-sources.js'
import { combinerPorts } from '../members/ports.js'

/** Options of `ensemble/vote`. */
export const voteOptions = Type.Object(
  {
    voting: Type.Union([Type.Literal('hard'), Type.Literal('soft')], {
      default: 'hard',
      description: 'hard: one vote per member (published); soft: mean of the members’ probabilities',
    }),
    weights: Type.Union([Type.Array(Type.Number({ minimum: 0 }), { minItems: 1 }), Type.Null()], {
      default: null,
      description: 'Weight per member, in the order of the inputs; null: 1 each (published)',
    }),
    unresolved: Type.Union([Type.Literal('refuse'), Type.Literal('lowest')], {
      default: 'refuse',
      description:
        'A tie that neither probabilities nor validation ranks decide: refuse the run, or take the lowest class index (published)',
    }),
  },
  { additionalProperties: false },
)

/** See {@link voteOptions}. */
export type VoteNodeOptions = Static<typeof voteOptions>

/** Outputs of `ensemble/vote`. */
const voteOutputs = {
  predictions: port.predictions(
    'The ensemble’s class per row, with shares of votes (hard) or mean probabilities (soft)',
  ),
}

/** `ensemble/vote`. */
export const vote: Operation = defineOperation({
  ...combinerPorts(['val']),
  fitsWithoutRows: true,
  outputs: voteOutputs,
  type: 'ensemble/vote',
  summary: 'Majority vote of fitted classifiers, or the mean of their probabilities; nothing is refitted',
  cacheVersion: 2,
  draws: false,
  options: voteOptions,
  plan: ({ options, inputs, issue }) => {
    checkSources('in:predictions', inputs.predictions, issue)
    checkWeights(options.weights, inputs.predictions.length, 'members', issue)
    return { predictions: sharedSpec(inputs.predictions) }
  },
  load: async () => (await import('./vote-node.js')).voteNode,
})
