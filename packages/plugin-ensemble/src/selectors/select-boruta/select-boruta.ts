import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-boruta`. */
export const selectBoruta: Operation = defineOperation({
  ...selectorPorts('select-boruta'),
  type: 'ensemble/select-boruta',
  cacheVersion: 2,
  summary: 'All columns that beat the best of their own shuffled copies in random forests',
  options: Type.Object(
    {
      rounds: Type.Integer({ minimum: 5, default: 30, description: 'Forests grown' }),
      trees: Type.Integer({ minimum: 1, default: 50, description: 'Trees in each forest' }),
      alpha: Type.Number({
        exclusiveMinimum: 0,
        maximum: 0.5,
        default: 0.05,
        description: 'Level, before Bonferroni',
      }),
    },
    { additionalProperties: false },
  ),
  load: () => import('./select-boruta-node.js'),
})
