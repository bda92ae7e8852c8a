import { PipelineError } from '@etsef/plugin-api'
import { applyTemperature, fitTemperature } from '../calibration/temperature.js'
import { checkTraining, checkWidth, type Labels } from '../checks/training-data.js'
import { matrix, takeRows, toRows, type Matrix } from '../linear-algebra/matrix.js'
import { stratifiedFolds } from '../statistics/stratified-folds.js'
import { kernelMatrix, scaleGamma, type Kernel, type KernelName } from './kernel.js'
import { loadLibsvm, type Libsvm } from './libsvm.js'

/** Options of {@link fitKernelSvm}; names as in scikit-learn. */
export interface KernelSvmOptions {
  readonly kernel: KernelName
  /** Cost of a unit of hinge loss, > 0. */
  readonly C: number
  /** `scale`: 1 / (numFeatures · variance of the table). */
  readonly gamma: 'scale' | number
  readonly degree: number
  readonly coef0: number
  /** Tolerance of the optimality conditions. */
  readonly tol: number
  /** Factor of `C` for the rows of each class, > 0; default 1 each. */
  readonly classWeights?: Float64Array
}

/** One classifier for each pair of present classes, as data. */
export interface KernelSvmModel extends Kernel {
  readonly kind: 'kernel-svm'
  readonly numClasses: number
  /** Classes with training rows, ascending. */
  readonly present: Int32Array
  /** Support vectors, class by class. */
  readonly vectors: Matrix
  /** Position in `present` of each support vector's class. */
  readonly vectorClasses: Int32Array
  /** `[numPresent − 1, numVectors]` as libsvm lays them out: for a vector of class i, row j is its weight against class j (j < i) or j + 1. */
  readonly coefficients: Matrix
  /** Threshold of each pair (0,1), (0,2) … (1,2) … */
  readonly rho: Float64Array
  /** Turns decision values into probabilities; see {@link kernelSvmProbabilities}. */
  readonly temperature: number
}

/**
 * Support vector machine with a kernel, one against one, trained by libsvm.
 *
 * Rows are handed over class by class, so that the library numbers classes in order. Its text format keeps eight digits of
 * the vectors and six of the thresholds, so vectors are taken from the table and thresholds computed again.
 *
 * @throws PipelineError as {@link checkTraining}.
 * @see Chang and Lin 2011, LIBSVM. scikit-learn 1.9 SVC with `break_ties=True`.
 */
export async function fitKernelSvm(x: Matrix, y: Labels, options: KernelSvmOptions): Promise<KernelSvmModel> {
  checkTraining(x, y)
  const libsvm = await loadLibsvm()
  const gamma = options.gamma === 'scale' ? scaleGamma(x) : options.gamma
  const model = train(libsvm, x, y, { ...options, gamma })
  const folds = stratifiedFolds(y, 3)
  if (folds === undefined) return model
  const scores = matrix(x.numSamples, y.numClasses)
  for (const { train: rows, held } of folds) {
    const part = { labels: Int32Array.from(rows, (i) => y.labels[i]!), numClasses: y.numClasses }
    const decisions = kernelSvmDecision(
      train(libsvm, takeRows(x, rows), part, { ...options, gamma }),
      takeRows(x, held),
    )
    held.forEach((i, r) => {
      scores.data.set(decisions.data.subarray(r * y.numClasses, (r + 1) * y.numClasses), i * y.numClasses)
    })
  }
  const { temperature } = fitTemperature(scores, y.labels, { smoothing: 1 / (x.numSamples + 2) })
  return { ...model, temperature }
}

/**
 * One score per class, `[numSamples, numClasses]`: votes of the pairs, plus a part below ½ that orders equal votes by the
 * sum of the pairs' decision values (scikit-learn's `decision_function_shape='ovr'`). −infinity for absent classes.
 */
export function kernelSvmDecision(model: KernelSvmModel, x: Matrix): Matrix {
  const pairs = pairDecisions(model, x)
  const { present, numClasses } = model
  const count = present.length
  const result = matrix(x.numSamples, numClasses)
  result.data.fill(-Infinity)
  const votes = new Float64Array(count)
  const sums = new Float64Array(count)
  for (let i = 0; i < x.numSamples; i++) {
    votes.fill(0)
    sums.fill(0)
    let pair = i * pairs.numFeatures
    for (let a = 0; a < count; a++) {
      for (let b = a + 1; b < count; b++, pair++) {
        const value = pairs.data[pair]!
        votes[value > 0 ? a : b]!++
        sums[a]! += value
        sums[b]! -= value
      }
    }
    present.forEach((k, a) => {
      const sum = sums[a]!
      result.data[i * numClasses + k] = count === 2 ? sum : votes[a]! + sum / (3 * (Math.abs(sum) + 1))
    })
  }
  return result
}

/** `softmax(decision / temperature)`, `[numSamples, numClasses]`: calibrated without changing the predicted class. */
export function kernelSvmProbabilities(model: KernelSvmModel, x: Matrix): Matrix {
  return applyTemperature({ kind: 'temperature', temperature: model.temperature }, kernelSvmDecision(model, x))
}

/** Decision value of each pair, positive for the first: `[numSamples, numPairs]`. */
export function pairDecisions(model: KernelSvmModel, x: Matrix): Matrix {
  checkWidth(x, model.vectors.numFeatures)
  const values = kernelMatrix(x, model.vectors, model)
  const result = matrix(x.numSamples, model.rho.length)
  for (let i = 0; i < x.numSamples; i++) {
    const row = values.data.subarray(i * values.numFeatures, (i + 1) * values.numFeatures)
    eachPair(model, (pair, weightOf) => {
      let sum = -model.rho[pair]!
      for (let v = 0; v < row.length; v++) sum += weightOf(v) * row[v]!
      result.data[i * model.rho.length + pair] = sum
    })
  }
  return result
}

type TrainingOptions = KernelSvmOptions & { readonly gamma: number }

const kernelCodes: Readonly<Record<KernelName, string>> = { linear: '0', poly: '1', rbf: '2', sigmoid: '3' }

function train(libsvm: Libsvm, x: Matrix, y: Labels, options: TrainingOptions): KernelSvmModel {
  const order = Array.from(y.labels.keys()).sort((a, b) => y.labels[a]! - y.labels[b]! || a - b)
  const rows = takeRows(x, order)
  const labels = order.map((i) => y.labels[i]!)
  const svm = new libsvm({
    type: '0',
    kernel: kernelCodes[options.kernel],
    cost: options.C,
    gamma: options.gamma,
    degree: options.degree,
    coef0: options.coef0,
    tolerance: options.tol,
    quiet: true,
    ...(options.classWeights ? { weight: Object.fromEntries(options.classWeights.entries()) } : {}),
  })
  try {
    svm.train(toRows(rows), labels)
    const indices = svm.getSVIndices()
    const { coefficients, rho } = readModel(svm.serializeModel())
    const present = Int32Array.from(new Set(labels))
    const vectorClasses = Int32Array.from(indices, (i) => present.indexOf(labels[i]!))
    const { kernel, gamma, degree, coef0 } = options
    const shape = {
      kind: 'kernel-svm',
      numClasses: y.numClasses,
      kernel,
      gamma,
      degree,
      coef0,
      temperature: 1,
    } as const
    const model = { ...shape, present, vectors: takeRows(rows, indices), vectorClasses, coefficients, rho }
    return { ...model, rho: exactThresholds(model, (a) => options.C * (options.classWeights?.[present[a]!] ?? 1)) }
  } finally {
    svm.free()
  }
}

/** Coefficients and thresholds out of libsvm's text format. */
function readModel(text: string): { coefficients: Matrix; rho: Float64Array } {
  const [head, body] = text.split(/^SV$/m)
  const rho = /^rho (.*)$/m.exec(head ?? '')?.[1]
  const numClasses = Number(/^nr_class (\d+)$/m.exec(head ?? '')?.[1])
  if (body === undefined || rho === undefined || !Number.isInteger(numClasses)) {
    throw new PipelineError('ERR_BAD_DATA', { message: 'libsvm returned a model that cannot be read' })
  }
  const lines = body.trim().split('\n')
  const coefficients = matrix(numClasses - 1, lines.length)
  lines.forEach((line, v) => {
    const fields = line.split(' ')
    for (let j = 0; j < numClasses - 1; j++) coefficients.data[j * lines.length + v] = Number(fields[j])
  })
  return { coefficients, rho: Float64Array.from(rho.trim().split(' '), Number) }
}

/** libsvm's own rule, with all digits: the mean of `Σ weights · kernel − y` over vectors strictly inside (0, C of their class). */
function exactThresholds(model: KernelSvmModel, costOf: (position: number) => number): Float64Array {
  const values = kernelMatrix(model.vectors, model.vectors, model).data
  const n = model.vectors.numSamples
  const rho = model.rho.slice()
  eachPair(model, (pair, weightOf, a) => {
    let [sum, count] = [0, 0]
    for (let v = 0; v < n; v++) {
      const weight = Math.abs(weightOf(v))
      if (weight === 0 || weight >= costOf(model.vectorClasses[v]!) * (1 - 1e-12)) continue
      let output = 0
      for (let u = 0; u < n; u++) output += weightOf(u) * values[v * n + u]!
      sum += output - (model.vectorClasses[v] === a ? 1 : -1)
      count++
    }
    if (count > 0) rho[pair] = sum / count
  })
  return rho
}

/** Visits the pairs in libsvm's order with the weight of each vector in the pair's decision. */
function eachPair(
  model: Pick<KernelSvmModel, 'present' | 'coefficients' | 'vectorClasses'>,
  visit: (pair: number, weightOf: (vector: number) => number, first: number) => void,
): void {
  const { present, coefficients, vectorClasses } = model
  const n = vectorClasses.length
  let pair = 0
  for (let a = 0; a < present.length; a++) {
    for (let b = a + 1; b < present.length; b++) {
      const weightOf = (v: number): number => {
        if (vectorClasses[v] === a) return coefficients.data[(b - 1) * n + v]!
        return vectorClasses[v] === b ? coefficients.data[a * n + v]! : 0
      }
      visit(pair++, weightOf, a)
    }
  }
}
