import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { featureInputs, transformerOutputs } from '../adapter/ports.js'
import { componentsOption as components, planComponents } from './plan-components.js'

/** Ports and partitions of every selector: fitted on train, columns keep their names. */
const shared = {
  kind: 'estimator',
  inputs: featureInputs,
  outputs: transformerOutputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: true,
  cacheVersion: 1,
} as const

const strict = { additionalProperties: false } as const

/** Operations that keep some of the columns. */
export const selectors: readonly Operation[] = [
  defineOperation({
    ...shared,
    type: 'ensemble/select-anova',
    summary: 'The k columns whose class means differ most, by one-way ANOVA F on the training rows',
    options: Type.Object({ components }, strict),
    plan: planComponents,
    load: () => import('../select-anova/select-anova-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-mutual-information',
    cacheVersion: 2,
    summary: 'The k columns of largest mutual information with the class, by nearest neighbours',
    options: Type.Object(
      { components, neighbors: Type.Integer({ minimum: 1, default: 3, description: 'Neighbours within the class' }) },
      strict,
    ),
    plan: planComponents,
    load: () => import('../select/mutual-information-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-chi2',
    summary: 'The k columns of largest χ² between class and value; needs values of 0 or more',
    options: Type.Object({ components }, strict),
    plan: planComponents,
    load: () => import('../select/chi-squared-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-mrmr',
    summary: 'k columns that say much of the class and little of each other (mRMR, F over mean correlation)',
    options: Type.Object({ components }, strict),
    plan: planComponents,
    load: () => import('../select/mrmr-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-rfe',
    summary: 'k columns by recursive elimination with a linear SVM on standardised columns',
    options: Type.Object(
      {
        components,
        step: Type.Number({
          exclusiveMinimum: 0,
          exclusiveMaximum: 1,
          default: 0.1,
          description: 'Share of the remaining columns dropped in each round',
        }),
        c: Type.Number({ exclusiveMinimum: 0, default: 1, description: 'Cost of the SVM that ranks the columns' }),
      },
      strict,
    ),
    plan: planComponents,
    load: () => import('../select/recursive-elimination-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-l1',
    cacheVersion: 2,
    summary: 'The k columns of largest weight in a logistic regression with L1 penalty, on standardised columns',
    options: Type.Object(
      {
        components,
        c: Type.Number({ exclusiveMinimum: 0, default: 1, description: 'Inverse strength of the penalty' }),
      },
      strict,
    ),
    plan: planComponents,
    load: () => import('../select/l1-logistic-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-tree-importance',
    cacheVersion: 2,
    summary: 'The k columns on which a random forest’s cuts gain most',
    options: Type.Object(
      { components, trees: Type.Integer({ minimum: 1, default: 100, description: 'Trees grown' }) },
      strict,
    ),
    plan: planComponents,
    load: () => import('../select/tree-importance-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-stability',
    cacheVersion: 2,
    summary: 'The k columns a selector picks most often on random halves of the training rows',
    options: Type.Object(
      {
        components,
        rounds: Type.Integer({ minimum: 2, default: 50, description: 'Half-samples drawn' }),
        selector: Type.Union([Type.Literal('anova'), Type.Literal('mutual-information'), Type.Literal('l1')], {
          default: 'anova',
          description: 'Selector run on each half',
        }),
      },
      strict,
    ),
    plan: planComponents,
    load: () => import('../select/stability-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-boruta',
    cacheVersion: 2,
    summary: 'All columns that beat the best of their own shuffled copies in random forests',
    options: Type.Object(
      {
        rounds: Type.Integer({ minimum: 5, default: 30, description: 'Forests grown' }),
        trees: Type.Integer({ minimum: 1, default: 50, description: 'Trees in each forest' }),
        alpha: Type.Number({
          exclusiveMinimum: 0,
          maximum: 0.5,
          default: 0.05,
          description: 'Level, before Bonferroni',
        }),
      },
      strict,
    ),
    load: () => import('../select/shadow-columns-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/select-correlation',
    summary: 'Columns no two of which correlate beyond a threshold; the better by ANOVA F stays',
    options: Type.Object(
      {
        threshold: Type.Number({
          exclusiveMinimum: 0,
          maximum: 1,
          default: 0.95,
          description: 'Largest |r| that two kept columns may have',
        }),
      },
      strict,
    ),
    load: () => import('../select/correlation-node.js'),
  }),
  defineOperation({
    ...shared,
    supervised: false,
    type: 'ensemble/select-variance',
    summary: 'Columns whose variance on the training rows exceeds a threshold; 0 drops constant ones',
    options: Type.Object(
      { threshold: Type.Number({ minimum: 0, default: 0, description: 'Variance a kept column exceeds' }) },
      strict,
    ),
    load: () => import('../select/variance-node.js'),
  }),
  defineOperation({
    ...shared,
    supervised: false,
    type: 'ensemble/select-none',
    summary: 'All columns, unchanged: the control in a comparison of selectors',
    options: Type.Object({}, strict),
    plan: ({ inputs }) => ({ features: { numFeatures: inputs.features.numFeatures } }),
    load: () => import('../select/none-node.js'),
  }),
]
