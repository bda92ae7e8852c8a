/** Vectors as one row-major table. */
export interface Points {
  /** Row-major `[numSamples, numFeatures]`. */
  readonly values: ArrayLike<number>
  readonly numSamples: number
  readonly numFeatures: number
}

/**
 * Squared Euclidean distances between all pairs, summed directly in float64 (not through dot products, which cancel).
 *
 * @returns Row-major `[numSamples, numSamples]`, symmetric with a zero diagonal.
 * @throws RangeError when the values do not fill the table or are not finite.
 */
export function squaredDistances(points: Points): Float64Array {
  const { values, numSamples, numFeatures } = points
  if (values.length !== numSamples * numFeatures) {
    throw new RangeError(`points must be [${numSamples}, ${numFeatures}], got ${values.length} numbers`)
  }
  const x = Float64Array.from(values)
  if (!x.every(Number.isFinite)) throw new RangeError('points must be finite numbers')
  const distances = new Float64Array(numSamples * numSamples)
  for (let i = 0; i < numSamples; i++) {
    for (let j = i + 1; j < numSamples; j++) {
      let sum = 0
      for (let k = 0; k < numFeatures; k++) {
        const difference = x[i * numFeatures + k]! - x[j * numFeatures + k]!
        sum += difference * difference
      }
      distances[i * numSamples + j] = sum
      distances[j * numSamples + i] = sum
    }
  }
  return distances
}
