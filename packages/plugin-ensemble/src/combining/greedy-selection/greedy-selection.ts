import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { lossOption } from '../members/loss-option.js'
import { combinerPorts, planMembers } from '../members/ports.js'

/** Options of `ensemble/greedy-selection`. */
export const greedySelectionOptions = Type.Object(
  {
    rounds: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 25,
      description: 'Members taken at most, with replacement',
    }),
    loss: lossOption('logLoss'),
  },
  { additionalProperties: false },
)

/** `ensemble/greedy-selection`. */
export const greedySelection: Operation = defineOperation({
  ...combinerPorts(['val']),
  type: 'ensemble/greedy-selection',
  summary: 'Mean of the members that greedy selection with replacement takes on the val rows',
  cacheVersion: 2,
  options: greedySelectionOptions,
  plan: (args) => planMembers(args, ['val']),
  load: async () => (await import('./greedy-selection-node.js')).greedySelectionNode,
})
