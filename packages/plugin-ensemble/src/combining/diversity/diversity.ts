import { defineOperation, type Operation } from '@etsef/plugin-api'
import { memberInputs, memberReportOutputs, noOptions, planMembers } from '../members/ports.js'

/** `ensemble/diversity`. */
export const diversity: Operation = defineOperation({
  kind: 'combine',
  type: 'ensemble/diversity',
  summary: 'How much the members differ in their errors on the val rows: Q, disagreement, kappa, effective number',
  cacheVersion: 1,
  draws: false,
  options: noOptions,
  inputs: memberInputs,
  outputs: memberReportOutputs,
  plan: (args) => {
    planMembers(args, ['val'])
    return {}
  },
  load: async () => (await import('./diversity-node.js')).diversityNode,
})
