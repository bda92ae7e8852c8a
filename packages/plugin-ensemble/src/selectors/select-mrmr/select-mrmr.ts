import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { componentsOption, planComponents } from '../../adapter/plan-components.js'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-mrmr`. */
export const selectMrmr: Operation = defineOperation({
  ...selectorPorts('select-mrmr'),
  type: 'ensemble/select-mrmr',
  cacheVersion: 1,
  draws: false,
  summary: 'Columns that say much of the class and little of each other (mRMR, F over mean correlation)',
  options: Type.Object({ components: componentsOption }, { additionalProperties: false }),
  plan: planComponents,
  load: () => import('./select-mrmr-node.js'),
})
