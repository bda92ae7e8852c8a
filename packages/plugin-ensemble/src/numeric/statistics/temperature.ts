import { PipelineError } from '@etsef/plugin-api'
import { matrix, type Matrix } from '../linear-algebra/matrix.js'
import { softmaxRows } from './softmax.js'

/** One number that every logit is divided by. */
export interface TemperatureModel {
  readonly kind: 'temperature'
  /** Above 1 the scores were over-confident, below 1 under-confident. */
  readonly temperature: number
}

/**
 * The temperature with the least negative log-likelihood of `labels`.
 *
 * The loss is convex in 1 / T, so safeguarded Newton finds the one minimum; T is held in [1e-3, 1e3], which matters for
 * rows that any T predicts perfectly.
 *
 * @param logits - `[numSamples, numClasses]`; −infinity for a class that cannot be. Fit on rows the scores were not
 * trained on.
 * @param options - `smoothing`: share of each target spread over the finite classes, default 0; keeps T off its bounds.
 * @throws PipelineError `ERR_TOO_FEW_ROWS` without rows.
 * @see Guo et al. 2017, On calibration of modern neural networks, 4.2.
 */
export function fitTemperature(
  logits: Matrix,
  labels: Int32Array,
  options: { readonly smoothing?: number } = {},
): TemperatureModel {
  if (logits.numSamples === 0) {
    throw new PipelineError('ERR_TOO_FEW_ROWS', { message: 'Fitting a temperature needs at least one row' })
  }
  let [low, high] = [1e-3, 1e3]
  let inverse = 1
  for (let iteration = 0; iteration < 200; iteration++) {
    const { slope, curvature } = derivatives(logits, labels, inverse, options.smoothing ?? 0)
    if (slope > 0) high = inverse
    else low = inverse
    const newton = inverse - slope / curvature
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high)
    if (Math.abs(next - inverse) <= 1e-14 * inverse) break
    inverse = next
  }
  return { kind: 'temperature', temperature: 1 / inverse }
}

/** `softmax(logits / T)`: the predicted class never changes. */
export function applyTemperature(model: TemperatureModel, logits: Matrix): Matrix {
  const { numSamples, numFeatures, data } = logits
  return softmaxRows(
    matrix(
      numSamples,
      numFeatures,
      data.map((value) => value / model.temperature),
    ),
  )
}

/** Slope and curvature of the summed loss with respect to 1 / T. */
function derivatives(
  logits: Matrix,
  labels: Int32Array,
  inverse: number,
  smoothing: number,
): { slope: number; curvature: number } {
  const { numSamples, numFeatures: numClasses, data } = logits
  const probabilities = softmaxRows(
    matrix(
      numSamples,
      numClasses,
      data.map((value) => value * inverse),
    ),
  )
  let slope = 0
  let curvature = 0
  for (let i = 0; i < numSamples; i++) {
    const at = i * numClasses
    let mean = 0
    let square = 0
    let plain = 0
    let finite = 0
    for (let c = 0; c < numClasses; c++) {
      const z = data[at + c]!
      if (z === -Infinity) continue
      const p = probabilities.data[at + c]!
      mean += p * z
      square += p * z * z
      plain += z
      finite++
    }
    slope += mean - (1 - smoothing) * data[at + labels[i]!]! - (smoothing * plain) / finite
    curvature += square - mean * mean
  }
  return { slope, curvature }
}
