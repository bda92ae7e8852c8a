import { defineOperation, type Operation } from '@etsef/plugin-api'
import { classifierOutputs, featureInputs } from '../adapter/ports.js'
import { checkFixed, checkSpace } from './plan-tune.js'
import { crossFitOptions, tuneOptions } from './tune-options.js'

/** Ports and partitions of both: fitted on train, with labels. */
const shared = {
  kind: 'estimator',
  inputs: featureInputs,
  outputs: classifierOutputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: true,
} as const

/** Operations that fit a classifier several times inside the train rows. */
export const tuneOperations: readonly Operation[] = [
  defineOperation({
    ...shared,
    type: 'ensemble/tune',
    summary: 'A classifier with options chosen on inner folds of the train rows, then refitted on all of them',
    cacheVersion: 2,
    options: tuneOptions,
    plan: ({ options, issue }) => {
      checkFixed(options, issue)
      checkSpace(options, issue)
      return {}
    },
    load: () => import('./tune-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/cross-fit',
    summary: 'A classifier whose scores for train rows come from folds that have not seen them; made for stacking',
    cacheVersion: 2,
    options: crossFitOptions,
    plan: ({ options, issue }) => {
      checkFixed(options, issue)
      return {}
    },
    load: () => import('./cross-fit-node.js'),
  }),
]
