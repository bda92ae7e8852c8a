import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { componentsOption, planComponents } from '../../adapter/plan-components.js'
import { selectorPorts } from '../../adapter/ports.js'

/** `ensemble/select-tree-importance`. */
export const selectTreeImportance: Operation = defineOperation({
  ...selectorPorts('select-tree-importance'),
  type: 'ensemble/select-tree-importance',
  cacheVersion: 2,
  summary: 'The columns on which a random forest’s cuts gain most',
  options: Type.Object(
    { components: componentsOption, trees: Type.Integer({ minimum: 1, default: 100, description: 'Trees grown' }) },
    { additionalProperties: false },
  ),
  plan: planComponents,
  load: () => import('./select-tree-importance-node.js'),
})
