import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { componentsOption, planComponents } from '../../adapter/plan-components.js'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-mutual-information`. */
export const selectMutualInformation: Operation = defineOperation({
  ...selectorPorts('select-mutual-information'),
  type: 'ensemble/select-mutual-information',
  cacheVersion: 3,
  draws: false,
  summary: 'The columns of largest mutual information with the class, by nearest neighbours',
  options: Type.Object(
    {
      components: componentsOption,
      neighbors: Type.Integer({ minimum: 1, default: 3, description: 'Neighbours within the class' }),
    },
    { additionalProperties: false },
  ),
  plan: planComponents,
  load: () => import('./select-mutual-information-node.js'),
})
