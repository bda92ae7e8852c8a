import { checkTraining, checkWidth, type Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { treesBuilder, type Trees } from '../../numeric/trees/trees.js'
import { treeGrower, type GrowOptions } from './grow-tree.js'
import { logisticGradients, logisticProbabilities, softmaxGradients, softmaxProbabilities } from './objectives.js'

/** Options of {@link fitXgboost}; names as in XGBoost's scikit-learn interface. */
export interface XgboostOptions extends Partial<GrowOptions> {
  /** Boosting rounds, default 100; each grows one tree a class (one in all for two classes). */
  readonly rounds?: number
  /** What a row of each class counts, > 0; default 1 each. Multiplies gradients and hessians, as row weights do there. */
  readonly classWeight?: Float64Array
  /** Called after each round with the number of rounds done. */
  readonly onRound?: (done: number) => void
}

/** Gradient-boosted trees. A row goes left where its value, rounded to float32, is below the threshold. */
export interface XgboostModel {
  readonly kind: 'xgboost'
  readonly numFeatures: number
  readonly numClasses: number
  /** Classes with training rows, ascending; the others get probability 0. */
  readonly present: Int32Array
  /** `binary`: one tree a round for the margin of the second present class; `softmax`: tree t is of class t mod K. */
  readonly objective: 'binary' | 'softmax'
  /** Margin every row starts from. */
  readonly baseMargin: number
  readonly trees: Trees
  /** Value of each leaf, float32, in the unit of the margin. */
  readonly leafValues: Float32Array
}

/** Defaults of XGBoost where the published pipeline sets nothing: 100 rounds, lambda 1, gamma 0, minChildWeight 1. */
export const xgboostDefaults: GrowOptions & { readonly rounds: number } = {
  rounds: 100,
  learningRate: 0.3,
  maxDepth: 6,
  lambda: 1,
  gamma: 0,
  minChildWeight: 1,
  method: 'exact',
  maxBin: 256,
}

/**
 * XGBoost with greedy trees: logistic loss for two classes, softmax for more.
 *
 * Deterministic: no row or column sampling. Gradients, margins, thresholds and gains are float32 and the softmax hessian
 * is `2 p (1 − p)`, as in the library, so that trees of `exact` agree cut by cut. `hist` is quicker on many rows: it cuts
 * between bins of the values, the library's own up to 32 rows a bin (8,192 for 256), and agrees as well.
 *
 * @throws PipelineError as `checkTraining`. There is no missing value: NaN is refused, −1 is a number like others.
 * @see XGBoost 1.7.4 `tree_method='exact'`, `base_score` 0.5 (later versions estimate the base of two classes).
 */
export function fitXgboost(x: Matrix, y: Labels, options: XgboostOptions = {}): XgboostModel {
  const present = checkTraining(x, y)
  const { rounds, ...growOptions } = { ...xgboostDefaults, ...options }
  const classWeight = options.classWeight ?? new Float64Array(y.numClasses).fill(1)
  const n = x.numSamples
  const isBinary = present.length === 2
  const numTargets = isBinary ? 1 : present.length
  const position = new Int32Array(y.numClasses)
  present.forEach((k, at) => (position[k] = at))
  const targets = Int32Array.from(y.labels, (label) => position[label]!)
  const weights = Float32Array.from(y.labels, (label) => classWeight[label]!)
  const baseMargin = isBinary ? 0 : 0.5
  // One stretch of n per target, so that each tree reads contiguous gradients.
  const margins = new Float32Array(n * numTargets).fill(baseMargin)
  const pairs = new Float32Array(2 * n * numTargets)
  const grower = treeGrower(x, weights, growOptions)
  const builder = treesBuilder()
  const leaves: { node: number; value: number }[] = []
  for (let round = 0; round < rounds; round++) {
    if (isBinary) logisticGradients(margins, targets, weights, pairs)
    else softmaxGradients(margins, targets, weights, numTargets, pairs)
    for (let k = 0; k < numTargets; k++) {
      const margin = margins.subarray(k * n, (k + 1) * n)
      grower.grow(pairs.subarray(2 * k * n, 2 * (k + 1) * n), builder, (node, value, rows) => {
        leaves.push({ node, value })
        for (let r = 0; r < rows.length; r++) margin[rows[r]!]! += value
      })
    }
    options.onRound?.(round + 1)
  }
  const trees = builder.finish()
  const leafValues = new Float32Array(leaves.length)
  for (const { node, value } of leaves) leafValues[trees.lefts[node]!] = value
  const objective = isBinary ? 'binary' : 'softmax'
  const { numFeatures } = x
  return { kind: 'xgboost', numFeatures, numClasses: y.numClasses, present, objective, baseMargin, trees, leafValues }
}

/** Raw margins, float32 sums: `[numSamples, 1]` for two present classes, else one column a present class. */
export function xgboostMargins(model: XgboostModel, x: Matrix): Matrix {
  checkWidth(x, model.numFeatures)
  const { trees, leafValues, baseMargin } = model
  const { roots, features, thresholds, lefts, rights } = trees
  const numTargets = model.objective === 'binary' ? 1 : model.present.length
  const margins = new Float32Array(x.numSamples * numTargets).fill(baseMargin)
  const row = new Float32Array(x.numFeatures)
  for (let i = 0; i < x.numSamples; i++) {
    row.set(x.data.subarray(i * x.numFeatures, (i + 1) * x.numFeatures))
    for (let t = 0; t < roots.length; t++) {
      let node = roots[t]!
      let feature = features[node]!
      while (feature >= 0) {
        node = row[feature]! < thresholds[node]! ? lefts[node]! : rights[node]!
        feature = features[node]!
      }
      margins[i * numTargets + (t % numTargets)]! += leafValues[lefts[node]!]!
    }
  }
  return matrix(x.numSamples, numTargets, margins)
}

/** Class probabilities, `[numSamples, numClasses]`; rows sum to 1 within float32. */
export function xgboostProbabilities(model: XgboostModel, x: Matrix): Matrix {
  const margins = xgboostMargins(model, x)
  const shares = model.objective === 'binary' ? logisticProbabilities(margins) : softmaxProbabilities(margins)
  const result = matrix(x.numSamples, model.numClasses)
  const width = model.present.length
  for (let i = 0; i < x.numSamples; i++) {
    for (let at = 0; at < width; at++) {
      result.data[i * model.numClasses + model.present[at]!] = shares.data[i * width + at]!
    }
  }
  return result
}
