import type { CrossEntropyOptions } from './losses.js'

/** Scores of logits against labels. */
export interface ClassifierMetrics {
  /** Mean cross-entropy in nats, class weights applied. */
  readonly loss: number
  readonly accuracy: number
  /** Mean recall over the classes that have rows. */
  readonly balancedAccuracy: number
}

/** Scores in float64; `logits` is row-major `[labels.length, numClasses]`. */
export function classifierMetrics(
  logits: Float32Array,
  labels: ArrayLike<number>,
  options: Pick<CrossEntropyOptions, 'classWeight'> = {},
): ClassifierMetrics {
  const numClasses = logits.length / labels.length
  const hits = new Float64Array(numClasses)
  const counts = new Float64Array(numClasses)
  let loss = 0
  let weight = 0
  for (let n = 0; n < labels.length; n++) {
    const row = logits.subarray(n * numClasses, (n + 1) * numClasses)
    const label = labels[n]!
    const max = row.reduce((a, b) => Math.max(a, b), -Infinity)
    const total = row.reduce((sum, value) => sum + Math.exp(value - max), 0)
    const rowWeight = options.classWeight?.[label] ?? 1
    loss += rowWeight * (Math.log(total) - (row[label]! - max))
    weight += rowWeight
    counts[label]!++
    if (row.indexOf(max) === label) hits[label]!++
  }
  const recalls = Array.from(counts, (count, c) => hits[c]! / count).filter((_, c) => counts[c]! > 0)
  return {
    loss: loss / weight,
    accuracy: hits.reduce((a, b) => a + b, 0) / labels.length,
    balancedAccuracy: recalls.reduce((a, b) => a + b, 0) / recalls.length,
  }
}
