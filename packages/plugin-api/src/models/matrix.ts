/** A dense table in float64, row-major: `data[i * numFeatures + j]` is feature j of sample i. */
export interface Matrix {
  readonly numSamples: number
  readonly numFeatures: number
  readonly data: Float64Array
}

/**
 * A matrix over the given values, or of zeros.
 *
 * @param data - `numSamples * numFeatures` values, row-major; a Float64Array is used as it is, anything else is copied.
 */
export function matrix(numSamples: number, numFeatures: number, data?: ArrayLike<number>): Matrix {
  const size = numSamples * numFeatures
  if (data === undefined) return { numSamples, numFeatures, data: new Float64Array(size) }
  if (data.length !== size) throw new RangeError(`matrix: ${data.length} values for ${numSamples} × ${numFeatures}`)
  return { numSamples, numFeatures, data: data instanceof Float64Array ? data : Float64Array.from(data) }
}

/** Row i as a view: writing to it writes to the matrix. */
export function row(x: Matrix, i: number): Float64Array {
  return x.data.subarray(i * x.numFeatures, (i + 1) * x.numFeatures)
}

/** Index of the largest value of each row; the lowest index of equal ones. */
export function argmaxRows(x: Matrix): Int32Array {
  const { numSamples, numFeatures, data } = x
  const result = new Int32Array(numSamples)
  for (let i = 0; i < numSamples; i++) {
    const at = i * numFeatures
    let best = 0
    for (let j = 1; j < numFeatures; j++) if (data[at + j]! > data[at + best]!) best = j
    result[i] = best
  }
  return result
}
