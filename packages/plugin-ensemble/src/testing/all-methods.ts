import type { Labels } from '@etsef/plugin-api/models'
import { applyFastIca, fitFastIca } from '../projections/fast-ica/fast-ica-model.js'
import {
  fitMultinomial,
  multinomialProbabilities,
} from '../classifiers/logistic-regression/logistic-regression-model.js'
import { applyLda, fitLda, ldaProbabilities } from '../classifiers/lda/lda-model.js'
import { fitKnn, knnProbabilities } from '../classifiers/knn/knn-model.js'
import type { Matrix } from '../numeric/linear-algebra/matrix.js'
import { calibrateLinearSvm, fitLinearSvm, linearSvmProbabilities } from '../classifiers/linear-svm/linear-svm-model.js'
import { fitNaiveBayes, naiveBayesProbabilities } from '../classifiers/naive-bayes/gaussian-naive-bayes.js'
import { applyPca, fitPca } from '../numeric/linear-algebra/pca.js'
import { fitRandomForest, randomForestProbabilities } from '../classifiers/random-forest/random-forest-model.js'
import { applyRandomProjection, fitRandomProjection } from '../projections/random-projection/random-projection-model.js'
import { fitSelectMutualInformation } from '../selectors/select-mutual-information/mutual-information.js'
import { applySelect } from '../selectors/select-columns.js'
import { fitSelectTreeImportance } from '../selectors/select-tree-importance/tree-importance.js'
import { fitSelectAnova } from '../selectors/select-anova/select-anova-model.js'
import { applyStandardize, fitStandardize } from '../numeric/statistics/standardize.js'
import { fitXgboost, xgboostProbabilities } from '../classifiers/xgboost/xgboost-model.js'

/** A method as the laws see it: something fitted, and a function of new rows. */
export interface Method {
  readonly name: string
  readonly fit: (x: Matrix, y: Labels) => unknown
  readonly apply: (model: unknown, x: Matrix) => Matrix
}

function method<M>(name: string, fit: (x: Matrix, y: Labels) => M, apply: (model: M, x: Matrix) => Matrix): Method {
  // Each method applies only what it has fitted itself.
  return { name, fit, apply: (model, x) => apply(model as M, x) }
}

/** Classifiers with settings small enough for hundreds of runs. */
export const allClassifiers: readonly Method[] = [
  method('linear-svm', (x, y) => calibrateLinearSvm(fitLinearSvm(x, y), x, y), linearSvmProbabilities),
  method('xgboost', (x, y) => fitXgboost(x, y, { rounds: 10, learningRate: 0.9 }), xgboostProbabilities),
  method('random-forest', (x, y) => fitRandomForest(x, y, { trees: 10, seed: 1 }), randomForestProbabilities),
  method('lda', (x, y) => fitLda(x, y), ldaProbabilities),
  method('logistic-regression', (x, y) => fitMultinomial(x, y), multinomialProbabilities),
  method('naive-bayes', (x, y) => fitNaiveBayes(x, y), naiveBayesProbabilities),
  method(
    'knn',
    (x, y) => fitKnn(x, y, { neighbors: Math.min(3, x.numSamples), weights: 'distance', metric: 'l1' }),
    knnProbabilities,
  ),
]

/** Projections and selectors. */
export const allTransformers: readonly Method[] = [
  method('standardize', (x) => fitStandardize(x), applyStandardize),
  method('fast-ica', (x) => fitFastIca(x, { components: 2, seed: 1 }), applyFastIca),
  method('pca', (x) => fitPca(x, { components: 2 }), applyPca),
  method('select-anova', (x, y) => fitSelectAnova(x, y, { components: 1 }), applySelect),
  method('lda-projection', (x, y) => fitLda(x, y), applyLda),
  method('random-projection', (x) => fitRandomProjection(x, { components: 2, seed: 1 }), applyRandomProjection),
  method(
    'mutual-information',
    (x, y) => fitSelectMutualInformation(x, y, { components: 1, neighbors: 3 }),
    applySelect,
  ),
  method('tree-importance', (x, y) => fitSelectTreeImportance(x, y, { components: 1, trees: 5, seed: 1 }), applySelect),
]
