import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { componentsOption, planComponents } from '../../adapter/plan-components.js'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-chi2`. */
export const selectChi2: Operation = defineOperation({
  ...selectorPorts('select-chi2'),
  type: 'ensemble/select-chi2',
  cacheVersion: 1,
  draws: false,
  summary: 'The columns of largest χ² between class and value; needs values of 0 or more',
  options: Type.Object({ components: componentsOption }, { additionalProperties: false }),
  plan: planComponents,
  load: () => import('./select-chi2-node.js'),
})
