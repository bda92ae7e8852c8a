import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { combinerPorts, dynamicSelectionInputs, planMembers } from '../members/ports.js'

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

/** `ensemble/dynamic-selection`. */
export const dynamicSelection: Operation = defineOperation({
  ...combinerPorts(['val']),
  type: 'ensemble/dynamic-selection',
  summary: 'For each row a vote of the members that are right on the val rows nearest to it (KNORA)',
  cacheVersion: 2,
  draws: false,
  options: dynamicSelectionOptions,
  inputs: dynamicSelectionInputs,
  plan: (args) => planMembers(args, ['val']),
  load: async () => (await import('./dynamic-selection-node.js')).dynamicSelectionNode,
})
