import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { componentsOption, planComponents } from '../../adapter/plan-components.js'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-anova`. */
export const selectAnova: Operation = defineOperation({
  ...selectorPorts('select-anova'),
  type: 'ensemble/select-anova',
  cacheVersion: 2,
  draws: false,
  summary: 'The columns whose class means differ most, by one-way ANOVA F on the training rows',
  options: Type.Object({ components: componentsOption }, { additionalProperties: false }),
  plan: planComponents,
  load: () => import('./select-anova-node.js'),
})
