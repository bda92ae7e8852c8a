import { createRng, type Rng } from '@etsef/plugin-api'
import { checkTraining, checkWidth, type Labels } from '@etsef/plugin-api/models'
import { matrix, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { sortColumns } from '../../numeric/trees/sorted-columns.js'
import { treesBuilder, type Trees } from '../../numeric/trees/trees.js'
import { forestGrower } from './grow-tree.js'

/** Options of {@link fitRandomForest}; names and defaults as in scikit-learn, except that `seed` is required. */
export interface RandomForestOptions {
  /** Number of trees, default 100. */
  readonly trees?: number
  /** Columns drawn at each split, default `sqrt`; `log2` as published; a number is taken as it is. */
  readonly maxFeatures?: 'sqrt' | 'log2' | 'all' | number
  /** Distinct rows a node needs to be split, default 2. */
  readonly minSamplesSplit?: number
  /** Default unlimited. */
  readonly maxDepth?: number
  /** Whether each tree sees a bootstrap sample of the rows, default true. */
  readonly bootstrap?: boolean
  readonly seed: string | number
  /** What a row of each class counts, > 0; default 1 each. A bootstrap sample draws rows by it. */
  readonly classWeight?: Float64Array
  /** Called after each tree with the number of trees done. */
  readonly onTree?: (done: number) => void
}

/** A forest. A row goes left where its value, rounded to float32, is at most the threshold. */
export interface RandomForestModel {
  readonly kind: 'random-forest'
  readonly numFeatures: number
  readonly numClasses: number
  readonly trees: Trees
  /** `[numLeaves, numClasses]`: class shares among the training rows of each leaf. */
  readonly leafValues: Matrix
}

/**
 * Random forest by Breiman: bootstrap rows for each tree, a fresh draw of columns for each split, Gini.
 *
 * Every tree has its own generator, derived from `seed` and its index, so forests do not depend on how trees are shared
 * out among workers, and the first trees of a larger forest are those of a smaller one.
 *
 * @throws PipelineError as `checkTraining`.
 * @see scikit-learn 1.9 RandomForestClassifier; other random numbers, so accuracies agree and single trees do not.
 */
export function fitRandomForest(x: Matrix, y: Labels, options: RandomForestOptions): RandomForestModel {
  checkTraining(x, y)
  const { trees = 100, minSamplesSplit = 2, maxDepth = Infinity, bootstrap = true, seed, classWeight } = options
  const maxFeatures = numDrawn(options.maxFeatures ?? 'sqrt', x.numFeatures)
  const limits = { maxFeatures, minSamplesSplit, maxDepth }
  const grower = forestGrower(sortColumns(x), y.labels, y.numClasses, limits)
  const builder = treesBuilder()
  const leaves: number[] = []
  const shares: number[] = []
  const weights = new Float64Array(x.numSamples)
  const rowWeights = Float64Array.from(y.labels, (label) => classWeight?.[label] ?? 1)
  const draw = rowDrawer(rowWeights)
  for (let t = 0; t < trees; t++) {
    const rng = createRng(seed, 'random-forest', t)
    if (bootstrap) {
      weights.fill(0)
      for (let i = 0; i < x.numSamples; i++) weights[draw(rng)]!++
    } else weights.set(rowWeights)
    grower.grow(weights, rng, builder, (node, counts) => {
      leaves.push(node)
      const total = counts.reduce((sum, count) => sum + count, 0)
      for (let c = 0; c < counts.length; c++) shares.push(counts[c]! / total)
    })
    options.onTree?.(t + 1)
  }
  const grown = builder.finish()
  const leafValues = matrix(leaves.length, y.numClasses)
  leaves.forEach((node, at) => {
    for (let c = 0; c < y.numClasses; c++) {
      leafValues.data[grown.lefts[node]! * y.numClasses + c] = shares[at * y.numClasses + c]!
    }
  })
  return { kind: 'random-forest', numFeatures: x.numFeatures, numClasses: y.numClasses, trees: grown, leafValues }
}

/** Mean of the leaf shares over the trees, `[numSamples, numClasses]`; rows sum to 1. */
export function randomForestProbabilities(model: RandomForestModel, x: Matrix): Matrix {
  checkWidth(x, model.numFeatures)
  const { numClasses, leafValues } = model
  const { roots, features, thresholds, lefts, rights } = model.trees
  const result = matrix(x.numSamples, numClasses)
  const row = new Float32Array(x.numFeatures)
  for (let i = 0; i < x.numSamples; i++) {
    row.set(x.data.subarray(i * x.numFeatures, (i + 1) * x.numFeatures))
    const out = i * numClasses
    for (let t = 0; t < roots.length; t++) {
      let node = roots[t]!
      let feature = features[node]!
      while (feature >= 0) {
        node = row[feature]! <= thresholds[node]! ? lefts[node]! : rights[node]!
        feature = features[node]!
      }
      const leaf = lefts[node]! * numClasses
      for (let c = 0; c < numClasses; c++) result.data[out + c]! += leafValues.data[leaf + c]!
    }
    for (let c = 0; c < numClasses; c++) result.data[out + c]! /= roots.length
  }
  return result
}

/** Draws a row with a chance that goes with its weight. */
function rowDrawer(weights: Float64Array): (rng: Rng) => number {
  if (weights.every((weight) => weight === weights[0])) return (rng) => rng.integer(weights.length)
  const sums = new Float64Array(weights.length)
  weights.forEach((weight, i) => (sums[i] = (sums[i - 1] ?? 0) + weight))
  return (rng) => {
    const goal = rng.uniform(0, sums.at(-1)!)
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > goal) high = middle
      else low = middle + 1
    }
    return low
  }
}

function numDrawn(maxFeatures: 'sqrt' | 'log2' | 'all' | number, numFeatures: number): number {
  if (maxFeatures === 'all') return numFeatures
  if (maxFeatures === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(numFeatures)))
  if (maxFeatures === 'log2') return Math.max(1, Math.floor(Math.log2(numFeatures)))
  return Math.min(maxFeatures, numFeatures)
}
