import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classifierOutputs, featureInputs } from '../adapter/ports.js'
import { boostingOptions } from '../xgboost/xgboost-options.js'

/** Ports and partitions of every classifier: fitted on train, with labels. */
const shared = {
  kind: 'estimator',
  inputs: featureInputs,
  outputs: classifierOutputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: true,
  cacheVersion: 1,
} as const

const strict = { additionalProperties: false } as const

/** Classifiers of npm packages, guarded against the defects measured in them. */
export const packages: readonly Operation[] = [
  defineOperation({
    ...shared,
    type: 'ensemble/ml-random-forest',
    summary: 'Random subspace trees of the npm package ml-random-forest: slow, and not Breiman’s forest',
    options: Type.Object(
      {
        trees: Type.Integer({ minimum: 1, default: 50, description: 'Number of trees' }),
        maxFeatures: Type.Number({
          exclusiveMinimum: 0,
          maximum: 1,
          default: 0.5,
          description: 'Share of the columns each tree sees',
        }),
      },
      strict,
    ),
    load: () => import('../ml/ml-random-forest-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/ml-knn',
    summary: 'Euclidean nearest neighbours of the npm package ml-knn: slow',
    options: Type.Object(
      { neighbors: Type.Integer({ minimum: 1, default: 3, description: 'Neighbours that vote' }) },
      strict,
    ),
    load: () => import('../ml/ml-knn-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/ml-xgboost',
    summary: 'XGBoost 0.7 of the npm package ml-xgboost, past its wrapper',
    options: Type.Object(boostingOptions, strict),
    load: () => import('../ml/ml-xgboost-node.js'),
  }),
]
