/**
 * Trustworthiness of an embedding: 1 when every one of a point's `k` nearest neighbours in the plane is also one in the original space.
 *
 * Equal distances are ordered by row, as in scikit-learn.
 *
 * @param original - Squared distances in the original space, `[n, n]`.
 * @param embedded - Squared distances in the embedding, `[n, n]`.
 * @param options - `n` points; `k` neighbours, below n / 2, default 5.
 * @returns A number in [0, 1]; null when `k` is not below n / 2.
 * @see Venna and Kaski 2001, Neighborhood Preservation in Nonlinear Projection Methods
 */
export function trustworthiness(
  original: Float64Array,
  embedded: Float64Array,
  { n, k = 5 }: { readonly n: number; readonly k?: number },
): number | null {
  if (k >= n / 2) return null
  let penalty = 0
  for (let i = 0; i < n; i++) {
    const ranks = new Float64Array(n)
    neighbours(original, i, n).forEach((j, position) => {
      ranks[j] = position + 1
    })
    for (const j of neighbours(embedded, i, n).slice(0, k)) penalty += Math.max(0, ranks[j]! - k)
  }
  return 1 - (2 * penalty) / (n * k * (2 * n - 3 * k - 1))
}

function neighbours(distances: Float64Array, i: number, n: number): number[] {
  return Array.from({ length: n }, (_, j) => j)
    .filter((j) => j !== i)
    .sort((a, b) => distances[i * n + a]! - distances[i * n + b]! || a - b)
}
