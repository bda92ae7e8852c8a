import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-correlation`. */
export const selectCorrelation: Operation = defineOperation({
  ...selectorPorts('select-correlation'),
  type: 'ensemble/select-correlation',
  cacheVersion: 1,
  draws: false,
  summary: 'Columns no two of which correlate beyond a threshold; the better by ANOVA F stays',
  options: Type.Object(
    {
      threshold: Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        default: 0.95,
        description: 'Largest |r| that two kept columns may have',
      }),
    },
    { additionalProperties: false },
  ),
  load: () => import('./select-correlation-node.js'),
})
