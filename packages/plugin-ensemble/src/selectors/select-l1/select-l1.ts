import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { componentsOption, planComponents } from '../../adapter/plan-components.js'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-l1`. */
export const selectL1: Operation = defineOperation({
  ...selectorPorts('select-l1'),
  type: 'ensemble/select-l1',
  cacheVersion: 2,
  draws: false,
  summary: 'The columns of largest weight in a logistic regression with L1 penalty, on standardised columns',
  options: Type.Object(
    {
      components: componentsOption,
      C: Type.Number({ exclusiveMinimum: 0, default: 1, description: 'Inverse strength of the penalty' }),
    },
    { additionalProperties: false },
  ),
  plan: planComponents,
  load: () => import('./select-l1-node.js'),
})
