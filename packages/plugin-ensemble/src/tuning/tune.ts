import { defineOperation, type Operation } from '@etsef/plugin-api'
import { classifierPorts } from '../adapter/ports.js'
import { checkFixed, checkSpace } from './plan-tune.js'
import { tuneOptions } from './tune-options.js'

/** `ensemble/tune`. */
export const tune: Operation = defineOperation({
  ...classifierPorts(),
  type: 'ensemble/tune',
  summary: 'A classifier with options chosen on inner folds of the train rows, then refitted on all of them',
  cacheVersion: 2,
  options: tuneOptions,
  plan: ({ options, issue }) => {
    checkFixed(options, issue)
    checkSpace(options, issue)
    return { model: { algorithm: options.classifier } }
  },
  load: () => import('./tune-node.js'),
})
