import type { Labels } from '../checks/training-data.js'
import { applyFastIca, fitFastIca } from '../fast-ica/fast-ica.js'
import { fitMultinomial, multinomialProbabilities } from '../combination/logistic-regression.js'
import { applyLda, fitLda, ldaProbabilities } from '../lda/lda.js'
import { fitKnn, knnProbabilities } from '../knn/knn.js'
import type { Matrix } from '../linear-algebra/matrix.js'
import { calibrateLinearSvm, fitLinearSvm, linearSvmProbabilities } from '../linear-svm/linear-svm.js'
import { fitNaiveBayes, naiveBayesProbabilities } from '../naive-bayes/gaussian-naive-bayes.js'
import { applyPca, fitPca } from '../pca/pca.js'
import { fitRandomForest, randomForestProbabilities } from '../random-forest/random-forest.js'
import { applyRandomProjection, fitRandomProjection } from '../random-projection/random-projection.js'
import { fitSelectMutualInformation } from '../select/mutual-information.js'
import { applySelect } from '../select/select-columns.js'
import { fitSelectTreeImportance } from '../select/tree-importance.js'
import { fitSelectAnova } from '../select-anova/select-anova.js'
import { applyStandardize, fitStandardize } from '../standardize/standardize.js'
import { fitXgboost, xgboostProbabilities } from '../xgboost/xgboost.js'

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
  method('select-anova', (x, y) => fitSelectAnova(x, y, { k: 1 }), applySelect),
  method('lda-projection', (x, y) => fitLda(x, y), applyLda),
  method('random-projection', (x) => fitRandomProjection(x, { components: 2, seed: 1 }), applyRandomProjection),
  method('mutual-information', (x, y) => fitSelectMutualInformation(x, y, { k: 1, neighbors: 3 }), applySelect),
  method('tree-importance', (x, y) => fitSelectTreeImportance(x, y, { k: 1, trees: 5, seed: 1 }), applySelect),
]
