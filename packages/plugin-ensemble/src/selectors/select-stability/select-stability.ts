import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { componentsOption, planComponents } from '../../adapter/plan-components.js'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-stability`. */
export const selectStability: Operation = defineOperation({
  ...selectorPorts('select-stability'),
  type: 'ensemble/select-stability',
  cacheVersion: 2,
  summary: 'The columns a selector picks most often on random halves of the training rows',
  options: Type.Object(
    {
      components: componentsOption,
      rounds: Type.Integer({ minimum: 2, default: 50, description: 'Half-samples drawn' }),
      selector: Type.Union([Type.Literal('anova'), Type.Literal('mutual-information'), Type.Literal('l1')], {
        default: 'anova',
        description: 'Selector run on each half',
      }),
    },
    { additionalProperties: false },
  ),
  plan: planComponents,
  load: () => import('./select-stability-node.js'),
})
