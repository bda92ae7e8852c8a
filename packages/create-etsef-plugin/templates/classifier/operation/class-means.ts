/**
 * Mean of the rows of each class.
 *
 * @param values - Row-major `[numSamples, numFeatures]`.
 * @returns Row-major `[numClasses, numFeatures]`; NaN for a class without rows.
 */
export function classMeans(
  values: Float32Array,
  labels: Int32Array,
  { numClasses, numFeatures }: { readonly numClasses: number; readonly numFeatures: number },
): Float64Array {
  const sums = new Float64Array(numClasses * numFeatures)
  const counts = new Float64Array(numClasses)
  labels.forEach((label, row) => {
    counts[label]!++
    for (let j = 0; j < numFeatures; j++) sums[label * numFeatures + j]! += values[row * numFeatures + j]!
  })
  return sums.map((sum, at) => sum / counts[Math.floor(at / numFeatures)]!)
}

/** Softmax of −distance²/temperature to each mean; 0 for a class without one. */
export function probabilitiesByDistance(values: Float32Array, means: Float64Array, temperature: number): number[] {
  const numFeatures = values.length
  const squares = Array.from({ length: means.length / numFeatures }, (_, label) =>
    values.reduce((sum, value, j) => sum + (value - means[label * numFeatures + j]!) ** 2, 0),
  )
  const nearest = Math.min(...squares.filter((square) => !Number.isNaN(square)))
  const weights = squares.map((square) => (Number.isNaN(square) ? 0 : Math.exp((nearest - square) / temperature)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
