/**
 * Variance of each column.
 *
 * @param values - Row-major `[numSamples, numFeatures]`.
 * @returns Mean squared distance from the column's mean; two passes, so that an offset costs no digits.
 */
export function columnVariances(values: Float32Array, numFeatures: number): readonly number[] {
  const numSamples = values.length / numFeatures
  return Array.from({ length: numFeatures }, (_, column) => {
    let sum = 0
    for (let at = column; at < values.length; at += numFeatures) sum += values[at]!
    const mean = sum / numSamples
    let squares = 0
    for (let at = column; at < values.length; at += numFeatures) squares += (values[at]! - mean) ** 2
    return squares / numSamples
  })
}
