/**
 * Type-7 sample quantile (numpy's and R's default): linear interpolation at position p (n − 1).
 *
 * @param values - At least one number, in any order; left as it is.
 * @param p - In [0, 1].
 * @throws RangeError without values.
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  if (values.length === 0) throw new RangeError('quantile needs at least one value')
  const sorted = Float64Array.from(values).sort()
  const position = p * (sorted.length - 1)
  const below = Math.floor(position)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!)
}
