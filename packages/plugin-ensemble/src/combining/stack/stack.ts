import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { combinerPorts, planMembers } from '../members/ports.js'

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
    C: Type.Number({
      exclusiveMinimum: 0,
      default: 1,
      description: 'Inverse strength of its L2 penalty; larger fits closer',
    }),
  },
  { additionalProperties: false },
)

/** `ensemble/stack`. */
export const stack: Operation = defineOperation({
  ...combinerPorts(['train', 'val']),
  type: 'ensemble/stack',
  summary: 'Logistic regression on the scores of the members, learned from val or from out-of-fold rows',
  cacheVersion: 3,
  draws: false,
  options: stackOptions,
  plan: (args) => planMembers(args, [args.options.fitOn === 'val' ? 'val' : 'train']),
  load: async () => (await import('./stack-node.js')).stackNode,
})
