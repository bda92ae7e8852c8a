import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import type { Tf } from '../engine/engine.js'

/** Options of {@link softmaxCrossEntropy}. */
export interface CrossEntropyOptions {
  /** Share of the target spread evenly over all classes, in [0, 1), default 0. */
  readonly labelSmoothing?: number
  /** Positive weight per class; the loss is divided by the sum of the rows' weights, as in PyTorch (Keras divides by N). */
  readonly classWeight?: readonly number[]
  /** Focusing exponent of the focal loss, default 0 (plain cross-entropy). Lin et al. 2017, arXiv:1708.02002 */
  readonly focalGamma?: number
}

/**
 * Mean cross-entropy of softmax(logits) against class indices, in nats.
 *
 * @param logits - float32 `[batch, numClasses]`; never probabilities.
 * @param labels - Class index per row.
 * @returns float32 `[]`; the caller disposes it.
 */
export function softmaxCrossEntropy(
  tf: Tf,
  logits: Tensor2D,
  labels: readonly number[] | Int32Array,
  options: CrossEntropyOptions = {},
): Scalar {
  const targets = crossEntropyTargets(labels, logits.shape[1], options)
  return tf.tidy(() =>
    targetedCrossEntropy(tf, logits, tf.tensor2d(targets, [labels.length, logits.shape[1]]), options.focalGamma),
  )
}

/**
 * {@link softmaxCrossEntropy} with all that labels, smoothing and class weights say in one tensor.
 *
 * @param targets - {@link crossEntropyTargets}, float32 in the shape of the logits.
 */
export function targetedCrossEntropy(tf: Tf, logits: Tensor2D, targets: Tensor, focalGamma = 0): Scalar {
  return tf.tidy(() => {
    const logProbabilities: Tensor = tf.logSoftmax(logits)
    const terms = tf.mul(targets, logProbabilities)
    const weighted = focalGamma === 0 ? terms : tf.mul(terms, tf.pow(tf.sub(1, tf.exp(logProbabilities)), focalGamma))
    return tf.neg(tf.sum<Scalar>(weighted))
  })
}

/** Row `n`, column `c`: smoothed target × class weight ÷ sum of the rows' weights. */
export function crossEntropyTargets(
  labels: ArrayLike<number>,
  numClasses: number,
  options: Pick<CrossEntropyOptions, 'labelSmoothing' | 'classWeight'>,
): Float32Array {
  const { labelSmoothing = 0, classWeight } = options
  const total = weightOfRows(labels, classWeight)
  const target = new Float32Array(labels.length * numClasses)
  for (let n = 0; n < labels.length; n++) {
    for (let c = 0; c < numClasses; c++) {
      const share = (c === labels[n] ? 1 - labelSmoothing : 0) + labelSmoothing / numClasses
      target[n * numClasses + c] = (share * (classWeight?.[c] ?? 1)) / total
    }
  }
  return target
}

/** Sum of the rows' class weights: what {@link softmaxCrossEntropy} divides by. */
export function weightOfRows(labels: ArrayLike<number>, classWeight?: readonly number[]): number {
  let total = 0
  for (let n = 0; n < labels.length; n++) total += classWeight?.[labels[n]!] ?? 1
  return total
}

/** `n / (K · n_c)` per class: rare classes weigh more, the mean row weighs 1. Classes without rows get 0. */
export function balancedClassWeights(labels: ArrayLike<number>, numClasses: number): number[] {
  const counts = new Array<number>(numClasses).fill(0)
  for (let n = 0; n < labels.length; n++) counts[labels[n]!]!++
  return counts.map((count) => (count === 0 ? 0 : labels.length / (numClasses * count)))
}
