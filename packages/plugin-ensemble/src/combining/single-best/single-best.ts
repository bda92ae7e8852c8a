import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { lossOption } from '../members/loss-option.js'
import { combinerPorts, planMembers } from '../members/ports.js'

/** Options of `ensemble/single-best`. */
export const singleBestOptions = Type.Object({ loss: lossOption('balancedError') }, { additionalProperties: false })

/** `ensemble/single-best`. */
export const singleBest: Operation = defineOperation({
  ...combinerPorts(['val']),
  type: 'ensemble/single-best',
  summary: 'The member with the least loss on the val rows, unchanged',
  cacheVersion: 2,
  draws: false,
  options: singleBestOptions,
  plan: (args) => planMembers(args, ['val']),
  load: async () => (await import('./single-best-node.js')).singleBestNode,
})
