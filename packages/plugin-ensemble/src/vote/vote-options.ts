import { Type, type Static } from '@etsef/plugin-api'

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
