import plugin from './plugin.js'

export default plugin
export * from './numeric/statistics/temperature.js'
export * from './classifiers/class-weight/class-weight.js'
export * from './combining/abstain/abstain-model.js'
export * from './combining/diversity/diversity-model.js'
export * from './combining/dynamic-selection/dynamic-selection-model.js'
export * from './combining/greedy-selection/greedy-selection-model.js'
export * from './combining/dynamic-selection/knora.js'
export * from './classifiers/logistic-regression/logistic-regression-model.js'
export { balancedError, logLoss, loss, type LossName } from './combining/members/losses.js'
export { correctness, memberOf, takeMemberRows, type Member } from './combining/members/member.js'
export * from './combining/oracle/oracle-model.js'
export * from './combining/stack/stack-model.js'
export * from './combining/weighted-vote/validation-weights.js'
export type { Fitted } from './adapter/estimator-node.js'
export type { Labels } from '@etsef/plugin-api/models'
export * from './projections/fast-ica/fast-ica-model.js'
export * from './combining/fuse/fuse-model.js'
export * from './classifiers/knn/knn-model.js'
export type { Metric } from './classifiers/knn/nearest-neighbours.js'
export {
  argmaxRows,
  fromRows,
  matrix,
  takeColumns,
  takeRows,
  toRows,
  type Matrix,
} from './numeric/linear-algebra/matrix.js'
export * from './classifiers/linear-svm/linear-svm-model.js'
export {
  fitNaiveBayes,
  naiveBayesJointLogLikelihood,
  naiveBayesProbabilities,
  type NaiveBayesModel,
} from './classifiers/naive-bayes/gaussian-naive-bayes.js'
export { applyPca, fitPca, invertPca, type PcaModel } from './numeric/linear-algebra/pca.js'
export * from './classifiers/random-forest/random-forest-model.js'
export * from './selectors/select-columns.js'
export * from './selectors/select-anova/anova-f.js'
export * from './selectors/select-anova/select-anova-model.js'
export * from './numeric/statistics/standardize.js'
export { featureImportances, type Trees } from './numeric/trees/trees.js'
export * from './tuning/candidates.js'
export * from './tuning/grouped-folds.js'
export * from './tuning/search.js'
export { loadTuned, type TunedModel } from './tuning/tuned-model.js'
export * from './combining/vote/vote-model.js'
export * from './classifiers/xgboost/xgboost-model.js'
export * from './combining/calibrate/calibrate-model.js'
export * from './combining/calibrate/isotonic.js'
export * from './combining/calibrate/platt.js'
export * from './classifiers/kernel-svm/kernel-svm-model.js'
export * from './classifiers/lda/lda-model.js'
export * from './projections/random-projection/random-projection-model.js'
export * from './selectors/select-chi2/chi-squared.js'
export * from './selectors/select-correlation/correlation.js'
export * from './selectors/select-l1/l1-logistic.js'
export * from './selectors/select-mrmr/mrmr.js'
export * from './selectors/select-mutual-information/mutual-information.js'
export * from './selectors/select-rfe/recursive-elimination.js'
export * from './selectors/select-boruta/shadow-columns.js'
export * from './selectors/select-stability/stability.js'
export * from './selectors/select-tree-importance/tree-importance.js'
export * from './selectors/select-variance/variance.js'
