import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { combinerPorts, planMembers } from '../members/ports.js'

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

/** `ensemble/weighted-vote`. */
export const weightedVote: Operation = defineOperation({
  ...combinerPorts(['val']),
  fitsWithoutRows: true,
  type: 'ensemble/weighted-vote',
  summary: 'A vote whose weights are given or learned from the val rows',
  cacheVersion: 2,
  draws: false,
  options: weightedVoteOptions,
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
})
