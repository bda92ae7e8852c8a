import { defineOperation, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../adapter/ports.js'
import { checkFixed } from './plan-tune.js'
import { crossFitOptions } from './tune-options.js'

/** `ensemble/cross-fit`. */
export const crossFit: Operation = defineOperation({
  ...classifierPorts(),
  type: 'ensemble/cross-fit',
  summary: 'A classifier whose scores for train rows come from folds that have not seen them; made for stacking',
  cacheVersion: 2,
  options: crossFitOptions,
  plan: ({ options, issue }) => {
    checkFixed(options, issue)
    return { model: { algorithm: options.classifier } }
  },
  load: () => import('./cross-fit-node.js'),
})
