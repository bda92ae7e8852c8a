import { defineOperation, Type, type Operation } from '@etsef/plugin-api'
import { classWeightOption, planClassWeight } from '../class-weights/class-weight-option.js'
import { classifierOutputs, featureInputs } from '../adapter/ports.js'
import { kernelSvmOptions } from '../kernel-svm/kernel-svm-options.js'
import { knnOptions } from '../knn/knn-options.js'
import { shrinkageOption } from '../lda/lda-options.js'
import { linearSvmOptions } from '../linear-svm/linear-svm-options.js'
import { naiveBayesOptions } from '../naive-bayes/naive-bayes-options.js'
import { randomForestOptions } from '../random-forest/random-forest-options.js'
import { xgboostOptions } from '../xgboost/xgboost-options.js'

/** Ports and partitions of every classifier: fitted on train, with labels. */
const shared = {
  kind: 'estimator',
  inputs: featureInputs,
  outputs: classifierOutputs,
  rows: 'features',
  fitOn: ['train'],
  supervised: true,
} as const

/** Operations that give class probabilities. */
export const classifiers: readonly Operation[] = [
  defineOperation({
    ...shared,
    type: 'ensemble/linear-svm',
    summary: 'Linear SVM with squared hinge loss, one class against the rest, margins scaled to probabilities',
    cacheVersion: 1,
    options: linearSvmOptions,
    plan: planClassWeight,
    load: () => import('../linear-svm/linear-svm-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/xgboost',
    summary: 'Gradient-boosted trees as XGBoost grows them, from exact cuts or from histograms',
    cacheVersion: 2,
    options: xgboostOptions,
    plan: planClassWeight,
    load: () => import('../xgboost/xgboost-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/random-forest',
    summary: 'Random forest: bootstrap rows for each tree, a fresh draw of columns at every split',
    cacheVersion: 2,
    options: randomForestOptions,
    plan: planClassWeight,
    load: () => import('../random-forest/random-forest-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/naive-bayes',
    summary: 'Gaussian naive Bayes in log space',
    cacheVersion: 1,
    options: naiveBayesOptions,
    plan: planClassWeight,
    load: () => import('../naive-bayes/naive-bayes-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/knn',
    summary: 'k nearest training rows, weighted by distance',
    cacheVersion: 2,
    options: knnOptions,
    load: () => import('../knn/knn-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/logistic-regression',
    summary: 'Multinomial logistic regression with L2 penalty; scale the columns first',
    cacheVersion: 2,
    options: Type.Object(
      {
        c: Type.Number({ exclusiveMinimum: 0, default: 1, description: 'Inverse strength of the penalty' }),
        classWeight: classWeightOption,
      },
      { additionalProperties: false },
    ),
    plan: planClassWeight,
    load: () => import('../logistic-regression/logistic-regression-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/kernel-svm',
    summary: 'Support vector machine with a kernel, one against one, as libsvm trains it',
    cacheVersion: 2,
    options: kernelSvmOptions,
    plan: planClassWeight,
    load: () => import('../kernel-svm/kernel-svm-node.js'),
  }),
  defineOperation({
    ...shared,
    type: 'ensemble/lda',
    summary: 'Linear discriminant analysis: a Gaussian per class with a common covariance',
    cacheVersion: 2,
    options: Type.Object({ shrinkage: shrinkageOption }, { additionalProperties: false }),
    load: () => import('../lda/lda-node.js'),
  }),
]
