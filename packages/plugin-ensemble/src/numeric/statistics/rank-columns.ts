/** Column indices from the best score to the worst: descending, NaN last, equal scores by lower index. */
export function rankColumns(scores: ArrayLike<number>): Int32Array {
  const order = Array.from({ length: scores.length }, (_, j) => j)
  order.sort((a, b) => {
    const p = scores[a]!
    const q = scores[b]!
    if (Number.isNaN(p) || Number.isNaN(q)) return Number(Number.isNaN(p)) - Number(Number.isNaN(q)) || a - b
    return p === q ? a - b : q > p ? 1 : -1
  })
  return Int32Array.from(order)
}
