import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { componentsOption, planComponents } from '../../adapter/plan-components.js'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-rfe`. */
export const selectRfe: Operation = defineOperation({
  ...selectorPorts('select-rfe'),
  type: 'ensemble/select-rfe',
  cacheVersion: 1,
  draws: false,
  summary: 'Columns by recursive elimination with a linear SVM on standardised columns',
  options: Type.Object(
    {
      components: componentsOption,
      step: Type.Number({
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        default: 0.1,
        description: 'Share of the remaining columns dropped in each round',
      }),
      C: Type.Number({ exclusiveMinimum: 0, default: 1, description: 'Cost of the SVM that ranks the columns' }),
    },
    { additionalProperties: false },
  ),
  plan: planComponents,
  load: () => import('./select-rfe-node.js'),
})
