// A warm process of bench/ensemble.mjs: is sent the name of a stage, sends back {fit, predict, predicted, scores} in seconds.
// By hand: node ensemble-stage.mjs DIR STAGE [exact|hist] prints the same.
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import * as ensemble from '@etsef/plugin-ensemble'

const [dir, onlyStage, method = 'exact'] = process.argv.slice(2)
const header = JSON.parse(readFileSync(`${dir}/header.json`, 'utf8'))
const floats = (path) => {
  const bytes = readFileSync(path)
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}
const bytes = readFileSync(`${dir}/y.i32`)
const labels = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
const [n, numClasses] = [header.n_train, header.n_classes]
const y = { labels: labels.slice(0, n), numClasses }

/** Train and test rows of a table on disk. */
function tables(path, width) {
  const x = floats(path)
  const cut = n * width
  return [
    ensemble.matrix(n, width, Float64Array.from(x.subarray(0, cut))),
    ensemble.matrix(x.length / width - n, width, Float64Array.from(x.subarray(cut))),
  ]
}

const classifiers = {
  svm: [(x) => ensemble.fitLinearSvm(x, y), ensemble.linearSvmProbabilities],
  xgboost: [
    (x) => ensemble.fitXgboost(x, y, { learningRate: 0.9, maxDepth: 10, method }),
    ensemble.xgboostProbabilities,
  ],
  random_forest: [
    (x) => ensemble.fitRandomForest(x, y, { maxFeatures: 'log2', minSamplesSplit: 3, seed: 0 }),
    ensemble.randomForestProbabilities,
  ],
  gaussian_nb: [(x) => ensemble.fitNaiveBayes(x, y), ensemble.naiveBayesProbabilities],
  kernel_svm: [
    (x) => ensemble.fitKernelSvm(x, y, { kernel: 'rbf', C: 1, gamma: 'scale', degree: 3, coef0: 0, tol: 1e-3 }),
    ensemble.kernelSvmProbabilities,
  ],
  knn: [(x) => ensemble.fitKnn(x, y, { neighbors: 3, weights: 'distance', metric: 'l1' }), ensemble.knnProbabilities],
}

const seconds = () => performance.now() / 1000

/** Fits FastICA and writes the sources of all rows beside the features. */
function select() {
  const [train, test] = tables(`${dir}/X.f32`, header.d)
  const start = seconds()
  const model = ensemble.fitFastIca(train, { components: 50, seed: 0, threads: Math.min(2, availableParallelism()) })
  const fitted = seconds()
  const parts = [train, test].map((x) => Float32Array.from(ensemble.applyFastIca(model, x).data))
  writeFileSync(`${dir}/ours.f32`, Buffer.concat(parts.map((part) => Buffer.from(part.buffer))))
  return { fit: fitted - start, predict: seconds() - fitted, iterations: model.numIterations }
}

/** Fits one classifier on the sources and predicts the test rows. */
function classify(stage) {
  const [train, test] = tables(`${dir}/ours.f32`, 50)
  const [fit, probabilities] = classifiers[stage]
  // Compared by itself, warm, as its peer is.
  if (stage === 'kernel_svm') for (let warm = 0; warm < 2; warm++) probabilities(fit(train), test)
  const start = seconds()
  const model = fit(train)
  const fitted = seconds()
  const p = probabilities(model, test)
  const predict = seconds() - fitted
  return { fit: fitted - start, predict, predicted: Array.from(ensemble.argmaxRows(p)), scores: Array.from(p.data) }
}

const run = (stage) => (stage === 'select' ? select() : classify(stage))
if (onlyStage) process.stdout.write(`${JSON.stringify(run(onlyStage))}\n`)
process.on('message', (stage) => process.send(run(stage)))
