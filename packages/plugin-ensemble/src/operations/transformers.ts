import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { featureInputs, transformerOutputs } from '../adapter/ports.js'
import { fastIcaOptions } from '../fast-ica/fast-ica-options.js'
import { pcaOptions } from '../pca/pca-options.js'
import { shrinkageOption } from '../lda/lda-options.js'

/** Ports and partitions of every projection: fitted on train. */
const shared = {
  kind: 'estimator',
  inputs: featureInputs,
  outputs: transformerOutputs,
  rows: 'features',
  fitOn: ['train'],
} as const

/** Operations that give new columns: scaling and projections. */
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
    resources: () => ({ cpus: 2, memoryMb: 512 }),
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
    type: 'ensemble/random-projection',
    summary: 'A Gaussian random projection: the control for projections that learn',
    cacheVersion: 1,
    supervised: false,
    options: Type.Object(
      { components: Type.Integer({ minimum: 1, default: 50, description: 'Width of the result' }) },
      { additionalProperties: false },
    ),
    plan: ({ options }) => ({ features: { numFeatures: options.components } }),
    load: () => import('../random-projection/random-projection-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/lda-projection',
    summary: 'Directions that separate the classes most, at most one fewer than classes',
    cacheVersion: 2,
    supervised: true,
    options: Type.Object({ shrinkage: shrinkageOption }, { additionalProperties: false }),
    load: () => import('../lda/lda-projection-node.js'),
  }),
]
