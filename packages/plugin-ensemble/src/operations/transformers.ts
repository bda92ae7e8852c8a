import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { featureInputs, transformerOutputs } from '../adapter/ports.js'
import { fastIcaOptions } from '../fast-ica/fast-ica-options.js'
import { pcaOptions } from '../pca/pca-options.js'
import { kOption, planK } from './plan-k.js'

/** Ports and partitions of every projection and selector: fitted on train. */
const shared = {
  kind: 'estimator',
  inputs: featureInputs,
  outputs: transformerOutputs,
  rows: 'features',
  fitOn: ['train'],
} as const

/** Operations that give new columns: scaling, projections, selectors. */
export const transformers: readonly Operation[] = [
  defineOperation({
    ...shared,
    type: 'ensemble/standardize',
    summary: 'Columns with mean 0 and standard deviation 1 on the training rows',
    cacheVersion: 1,
    supervised: false,
    options: Type.Object({}, { additionalProperties: false }),
    plan: ({ inputs }) => ({ features: { numFeatures: inputs.features.numFeatures } }),
    load: () => import('../standardize/standardize-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/fast-ica',
    summary: 'Independent components by FastICA, of unit variance on the training rows: a projection, not a selection',
    cacheVersion: 1,
    supervised: false,
    options: fastIcaOptions,
    load: () => import('../fast-ica/fast-ica-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/pca',
    summary: 'Principal components of the training rows',
    cacheVersion: 1,
    supervised: false,
    options: pcaOptions,
    load: () => import('../pca/pca-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-anova',
    summary: 'The k columns whose class means differ most, by one-way ANOVA F on the training rows',
    cacheVersion: 1,
    supervised: true,
    options: Type.Object({ k: kOption }, { additionalProperties: false }),
    plan: planK,
    load: () => import('../select-anova/select-anova-node.js'),
  }),
]
