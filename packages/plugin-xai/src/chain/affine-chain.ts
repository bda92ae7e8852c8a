import { PipelineError } from '@etsef/plugin-api'

/** `x → rows · (x − means)`, in float64. */
export interface AffineStep {
  readonly means: Float64Array
  /** `[numOutputs, numInputs]`, row-major. */
  readonly rows: Float64Array
}

/** Several numbers as linear functions of columns. */
export interface LinearOutputs {
  /** `[numOutputs, numColumns]`, row-major. */
  readonly weights: Float64Array
  /** −infinity for a class that does not exist. */
  readonly intercepts: Float64Array
}

/** Values at a point, step by step. @throws PipelineError `ERR_SHAPE_MISMATCH` where a step takes another width. */
export function outputsAt(x: Float64Array, steps: readonly AffineStep[], last: LinearOutputs): Float64Array {
  const end = steps.reduce((values, { means, rows }, at) => {
    if (values.length !== means.length) throw widthMismatch(at, means.length, values.length)
    return timesVector(
      rows,
      values.map((value, j) => value - means[j]!),
    )
  }, x)
  const width = last.weights.length / last.intercepts.length
  if (end.length !== width) throw widthMismatch(steps.length, width, end.length)
  return timesVector(last.weights, end).map((value, k) => value + last.intercepts[k]!)
}

/**
 * Weights of the outputs for the columns before all steps: what is linear stays linear through standardiser, PCA and ICA.
 *
 * @returns `[numOutputs, numColumns]`, row-major.
 */
export function weightsThrough(steps: readonly AffineStep[], last: LinearOutputs): Float64Array {
  return [...steps].reverse().reduce((weights, { means, rows }) => {
    const [width, inner] = [means.length, rows.length / means.length]
    const product = new Float64Array((weights.length / inner) * width)
    for (let k = 0; k < weights.length / inner; k++)
      for (let i = 0; i < inner; i++)
        for (let j = 0; j < width; j++) product[k * width + j]! += weights[k * inner + i]! * rows[i * width + j]!
    return product
  }, last.weights)
}

/** Shapley values of a linear function: weight times distance from the mean. They sum to the output minus that of the mean. */
export function linearShapley(weights: Float64Array, x: Float64Array, means: Float64Array): Float64Array {
  const width = x.length
  return weights.map((weight, at) => weight * (x[at % width]! - means[at % width]!))
}

function timesVector(rows: Float64Array, x: Float64Array): Float64Array {
  return Float64Array.from({ length: rows.length / x.length }, (_, k) => {
    let sum = 0
    for (let j = 0; j < x.length; j++) sum += rows[k * x.length + j]! * x[j]!
    return sum
  })
}

function widthMismatch(step: number, expected: number, received: number): PipelineError {
  return new PipelineError('ERR_SHAPE_MISMATCH', {
    message: `Step ${String(step + 1)} of the chain takes another number of columns than come to it`,
    port: 'projections',
    expected: String(expected),
    received: String(received),
    hint: 'give the models of all steps from the features to the classifier, in their order',
  })
}
