import type { Rng } from '@etsef/plugin-api'
import { groupFolds, rowComponents } from '@etsef/plugin-api/semantics'
import { unitRows } from './embedding-monitors.js'

/** Labelled pictures that features are probed with, in folds that share no group and no source image. */
export interface ProbeSet {
  /** Positions among the pictures. */
  readonly indices: readonly number[]
  /** Class of each, from 0 on, numbered among the classes that these rows have. */
  readonly labels: Int32Array
  readonly numClasses: number
  readonly folds: Int32Array
}

/** What simple classifiers make of frozen features, judged on folds they have not seen. */
export interface ProbeScores {
  /** Balanced accuracy of weighted nearest neighbours. */
  readonly knn: number
  /** Balanced accuracy of a linear classifier. */
  readonly linear: number
}

/** Most pictures that a probe looks at: enough for a figure within a few hundredths, few enough for every epoch. */
const mostRows = 512
const numFolds = 3
/** Neighbours and temperature of the kNN probe. @see Wu et al. 2018, arXiv:1805.01978; solo-learn's defaults */
const neighbours = 20
const temperature = 0.07
/** Ridge of the linear probe, on unit features: a tenth of a typical kernel entry. */
const ridge = 0.1

/** Train rows with labels; `labels` below 0 are hidden. */
export interface ProbeRows {
  readonly labels: Int32Array
  readonly groups: readonly string[]
  readonly sourceIds: readonly string[]
}

/** Draws the rows to probe with; undefined where labels are too few to judge by: fewer than two classes, or groups than folds. */
export function planProbe(rows: ProbeRows, rng: Rng): ProbeSet | undefined {
  const labelled = [...rows.labels.keys()].filter((row) => rows.labels[row]! >= 0)
  const indices = rng
    .shuffle(labelled)
    .slice(0, mostRows)
    .sort((a, b) => a - b)
  const classes = [...new Set(indices.map((row) => rows.labels[row]!))].sort((a, b) => a - b)
  if (classes.length < 2) return undefined
  const components = rowComponents(
    indices.map((row) => rows.groups[row]!),
    indices.map((row) => rows.sourceIds[row]!),
  )
  if (new Set(components).size < numFolds) return undefined
  const labels = Int32Array.from(indices, (row) => classes.indexOf(rows.labels[row]!))
  const numClasses = classes.length
  const folds = groupFolds({ labels, numClasses, components, numFolds, option: 'images' }, rng.fork('folds'))
  return { indices, labels, numClasses, folds }
}

/** Scores of features: each fold is answered from the other folds' rows alone. */
export function probe(features: ArrayLike<number>, { labels, numClasses, folds }: ProbeSet): ProbeScores {
  const rows = labels.length
  const cosines = gram(unitRows(features, rows), rows)
  const predicted = { knn: new Int32Array(rows), linear: new Int32Array(rows) }
  for (let fold = 0; fold < numFolds; fold++) {
    const bank = [...folds.keys()].filter((row) => folds[row] !== fold)
    const asked = [...folds.keys()].filter((row) => folds[row] === fold)
    const alphas = fitRidge(cosines, rows, bank, labels, numClasses)
    for (const row of asked) {
      const near = bank.map((other) => ({ cosine: cosines[row * rows + other]!, label: labels[other]! }))
      predicted.knn[row] = argMax(knnScores(near, numClasses, neighbours))
      predicted.linear[row] = argMax(
        alphas.map((alpha) => bank.reduce((sum, other, i) => sum + alpha[i]! * (cosines[row * rows + other]! + 1), 0)),
      )
    }
  }
  return {
    knn: balancedAccuracy(labels, predicted.knn, numClasses),
    linear: balancedAccuracy(labels, predicted.linear, numClasses),
  }
}

/** Class probabilities: the nearest neighbours' votes, weighted by `exp(cosine / temperature)`. */
export function knnScores(
  near: readonly { readonly cosine: number; readonly label: number }[],
  numClasses: number,
  k: number,
): number[] {
  const closest = [...near].sort((a, b) => b.cosine - a.cosine).slice(0, k)
  const votes = new Array<number>(numClasses).fill(0)
  // Relative to the nearest, so that no weight overflows.
  for (const { cosine, label } of closest) votes[label]! += Math.exp((cosine - closest[0]!.cosine) / temperature)
  const total = votes.reduce((sum, vote) => sum + vote, 0)
  return votes.map((vote) => vote / total)
}

function gram(unit: Float64Array, rows: number): Float64Array {
  const width = unit.length / rows
  const products = new Float64Array(rows * rows)
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0
      for (let c = 0; c < width; c++) sum += unit[a * width + c]! * unit[b * width + c]!
      products[a * rows + b] = sum
      products[b * rows + a] = sum
    }
  }
  return products
}

/**
 * Ridge regression of one-hot targets in its dual form, `(K + ridge I) alpha = Y`, K the cosines and 1 for the intercept; classes
 * weigh equally.
 */
function fitRidge(
  cosines: Float64Array,
  rows: number,
  bank: readonly number[],
  labels: Int32Array,
  numClasses: number,
): Float64Array[] {
  const n = bank.length
  const counts = new Float64Array(numClasses)
  for (const row of bank) counts[labels[row]!]!++
  const factor = new Float64Array(n * n)
  // Cholesky, row by row; a rare class's rows get a smaller ridge, which is a larger weight.
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = cosines[bank[i]! * rows + bank[j]!]! + 1
      if (i === j) sum += (ridge * numClasses * counts[labels[bank[i]!]!]!) / n
      for (let k = 0; k < j; k++) sum -= factor[i * n + k]! * factor[j * n + k]!
      factor[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / factor[j * n + j]!
    }
  }
  return Array.from({ length: numClasses }, (_, k) => {
    const alpha = Float64Array.from(bank, (row) => (labels[row] === k ? 1 : -1))
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) alpha[i]! -= factor[i * n + j]! * alpha[j]!
      alpha[i]! /= factor[i * n + i]!
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) alpha[i]! -= factor[j * n + i]! * alpha[j]!
      alpha[i]! /= factor[i * n + i]!
    }
    return alpha
  })
}

function argMax(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)
}

function balancedAccuracy(labels: Int32Array, predicted: Int32Array, numClasses: number): number {
  const hits = new Float64Array(numClasses)
  const counts = new Float64Array(numClasses)
  labels.forEach((label, row) => {
    counts[label]!++
    if (predicted[row] === label) hits[label]!++
  })
  return hits.reduce((sum, hit, k) => sum + hit / counts[k]!, 0) / numClasses
}
