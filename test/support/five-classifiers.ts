import {
  argmaxRows,
  fitKnn,
  fitLinearSvm,
  fitNaiveBayes,
  fitRandomForest,
  fitXgboost,
  knnProbabilities,
  linearSvmProbabilities,
  naiveBayesProbabilities,
  randomForestProbabilities,
  xgboostProbabilities,
  type Ballot,
  type Labels,
  type Matrix,
} from '@etsef/plugin-ensemble'

/** Fits a classifier and says how it sees other rows: class probabilities `[numSamples, numClasses]`. */
export type Classifier = (x: Matrix, y: Labels) => (rows: Matrix) => Matrix

/** The five classifiers with the settings of the published notebooks. */
export const fiveClassifiers: Readonly<Record<string, Classifier>> = {
  svm: (x, y) => {
    const model = fitLinearSvm(x, y, { tol: 1e-2 })
    return (rows) => linearSvmProbabilities(model, rows)
  },
  xgb: (x, y) => {
    const model = fitXgboost(x, y, { learningRate: 0.9, maxDepth: 10, rounds: 20 })
    return (rows) => xgboostProbabilities(model, rows)
  },
  rf: (x, y) => {
    const model = fitRandomForest(x, y, { trees: 50, maxFeatures: 'log2', seed: 1 })
    return (rows) => randomForestProbabilities(model, rows)
  },
  nb: (x, y) => {
    const model = fitNaiveBayes(x, y)
    return (rows) => naiveBayesProbabilities(model, rows)
  },
  knn: (x, y) => {
    const model = fitKnn(x, y, { neighbors: 3, weights: 'distance', metric: 'l1' })
    return (rows) => knnProbabilities(model, rows)
  },
}

/** A classifier's ballot on rows it was not fitted on. */
export function ballotOf(probabilities: Matrix): Ballot {
  return { probabilities, predicted: argmaxRows(probabilities) }
}
