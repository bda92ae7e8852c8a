const ENTROPY_TOLERANCE = 1e-5
const MAX_STEPS = 100

/**
 * Conditional probabilities p(j|i) of t-SNE: Gaussian weights whose precision is searched per row so that the row's
 * perplexity (e to the entropy) is the wanted one, to 1e-5 in entropy as in scikit-learn.
 *
 * @param distances - Squared distances, row-major `[n, n]`.
 * @param n - Number of points.
 * @param perplexity - Effective number of neighbours, below n − 1.
 * @returns Row-major `[n, n]`; rows sum to 1, the diagonal is 0.
 */
export function conditionalProbabilities(distances: Float64Array, n: number, perplexity: number): Float64Array {
  const wanted = Math.log(perplexity)
  const conditional = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    const row = distances.subarray(i * n, (i + 1) * n)
    const out = conditional.subarray(i * n, (i + 1) * n)
    let beta = 1
    let low = -Infinity
    let high = Infinity
    for (let step = 0; step < MAX_STEPS; step++) {
      const surplus = fillRow(out, row, { self: i, beta }) - wanted
      if (Math.abs(surplus) <= ENTROPY_TOLERANCE) break
      if (surplus > 0) {
        low = beta
        beta = high === Infinity ? beta * 2 : (beta + high) / 2
      } else {
        high = beta
        beta = low === -Infinity ? beta / 2 : (beta + low) / 2
      }
    }
  }
  return conditional
}

/**
 * Joint probabilities of t-SNE: (p(j|i) + p(i|j)) / 2n.
 *
 * @returns Row-major `[n, n]`, symmetric, summing to 1.
 */
export function jointProbabilities(distances: Float64Array, n: number, perplexity: number): Float64Array {
  const conditional = conditionalProbabilities(distances, n, perplexity)
  const joint = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) joint[i * n + j] = (conditional[i * n + j]! + conditional[j * n + i]!) / (2 * n)
  }
  return joint
}

/** Writes normalised weights and returns their entropy in nats. Distances count from the nearest one, so that far rows do not underflow. */
function fillRow(
  out: Float64Array,
  row: Float64Array,
  { self, beta }: { readonly self: number; readonly beta: number },
): number {
  let nearest = Infinity
  for (let j = 0; j < row.length; j++) if (j !== self && row[j]! < nearest) nearest = row[j]!
  let sum = 0
  let weighted = 0
  for (let j = 0; j < row.length; j++) {
    const offset = row[j]! - nearest
    const weight = j === self ? 0 : Math.exp(-offset * beta)
    out[j] = weight
    sum += weight
    weighted += weight * offset
  }
  for (let j = 0; j < row.length; j++) out[j] = out[j]! / sum
  return Math.log(sum) + (beta * weighted) / sum
}
