import type { Matrix } from '../../numeric/linear-algebra/matrix.js'

/** What a combination minimises on its fitting rows. */
export type LossName = 'logLoss' | 'balancedError' | 'error'

/** Probabilities are held in [floor, 1] before their logarithm is taken, as in scikit-learn (float64 machine epsilon). */
const floor = Number.EPSILON

/** Scores this close, relative to the larger one, are the same score summed in another order. */
const tieTolerance = 1e-12

/**
 * A loss by name; smaller is better. `labels` are class indices, one per row of `probabilities` `[numSamples, numClasses]`.
 *
 * @returns NaN without rows.
 */
export function loss(name: LossName, probabilities: Matrix, labels: Int32Array): number {
  switch (name) {
    case 'logLoss':
      return logLoss(probabilities, labels)
    case 'balancedError':
      return balancedError(probabilities, labels)
    case 'error':
      return meanOf(rowErrors(probabilities, labels))
  }
}

/** Mean negative log-probability of the labels, in nats; rows are scaled to sum 1 first. */
export function logLoss(probabilities: Matrix, labels: Int32Array): number {
  const { numFeatures: numClasses, data } = probabilities
  let total = 0
  for (let i = 0; i < labels.length; i++) {
    let sum = 0
    for (let k = 0; k < numClasses; k++) sum += data[i * numClasses + k]!
    total -= Math.log(Math.min(1, Math.max(floor, data[i * numClasses + labels[i]!]! / sum)))
  }
  return total / labels.length
}

/** 1 − mean recall over the classes that have rows. */
export function balancedError(probabilities: Matrix, labels: Int32Array): number {
  return meanByClass(rowErrors(probabilities, labels), labels, probabilities.numFeatures)
}

/** 1 − mean recall over the classes that have rows, of decided classes; −1 (abstained) is wrong. */
export function balancedErrorOf(predicted: Int32Array, labels: Int32Array, numClasses: number): number {
  const wrong = Float64Array.from(labels, (label, i) => (predicted[i] === label ? 0 : 1))
  return meanByClass(wrong, labels, numClasses)
}

/** Indices of the largest score of a row, up to rounding; several when tied. */
function topClasses(scores: Matrix, i: number): number[] {
  const row = scores.data.subarray(i * scores.numFeatures, (i + 1) * scores.numFeatures)
  const best = row.reduce((most, value) => Math.max(most, value), -Infinity)
  const least = best - tieTolerance * Math.abs(best)
  const classes: number[] = []
  row.forEach((value, k) => {
    if (value >= least) classes.push(k)
  })
  return classes
}

/** Per row 0 (right), 1 (wrong), or 1 − 1/t where the label shares the top with t − 1 other classes: no class order enters. */
function rowErrors(probabilities: Matrix, labels: Int32Array): Float64Array {
  return Float64Array.from(labels, (label, i) => {
    const top = topClasses(probabilities, i)
    return top.includes(label) ? 1 - 1 / top.length : 1
  })
}

function meanByClass(values: Float64Array, labels: Int32Array, numClasses: number): number {
  const sums = new Float64Array(numClasses)
  const counts = new Float64Array(numClasses)
  labels.forEach((label, i) => {
    sums[label]! += values[i]!
    counts[label]!++
  })
  let total = 0
  let present = 0
  for (let k = 0; k < numClasses; k++) {
    if (counts[k] === 0) continue
    total += sums[k]! / counts[k]!
    present++
  }
  return total / present
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
