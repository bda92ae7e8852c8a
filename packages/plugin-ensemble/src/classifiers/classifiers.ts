import type { Operation } from '@etsef/plugin-api'
import { kernelSvm } from './kernel-svm/kernel-svm.js'
import { knn } from './knn/knn.js'
import { lda } from './lda/lda.js'
import { linearSvm } from './linear-svm/linear-svm.js'
import { logisticRegression } from './logistic-regression/logistic-regression.js'
import { naiveBayes } from './naive-bayes/naive-bayes.js'
import { randomForest } from './random-forest/random-forest.js'
import { xgboost } from './xgboost/xgboost.js'

/** Operations that give class probabilities. */
export const classifiers: readonly Operation[] = [
  linearSvm,
  xgboost,
  randomForest,
  naiveBayes,
  knn,
  logisticRegression,
  kernelSvm,
  lda,
]
