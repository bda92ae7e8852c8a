/**
 * Pixels from the most to the least relevant. Equal values stand in random order, so that no corner of a flat map goes first; the order depends on `next`
 * alone.
 *
 * @param next - Uniform numbers in [0, 1).
 */
export function rankPixels(map: ArrayLike<number>, next: () => number): Int32Array {
  const ties = Float64Array.from({ length: map.length }, next)
  return Int32Array.from({ length: map.length }, (_, i) => i).sort((a, b) => map[b]! - map[a]! || ties[a]! - ties[b]!)
}

/** How many of `total` pixels a share is: never none of a share above 0. */
export function countOf(share: number, total: number): number {
  return Math.min(total, Math.ceil(share * total - 1e-9))
}

/** Ranks 0 … n − 1, equal values sharing their mean. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const found = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start
    while (end + 1 < order.length && values[order[end + 1]!] === values[order[start]!]) end++
    for (let i = start; i <= end; i++) found[order[i]!] = (start + end) / 2
    start = end + 1
  }
  return found
}

/** Spearman's rank correlation; 0 where one of the two is constant, which says nothing of the other. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranks(a), ranks(b)]
  const middle = (a.length - 1) / 2
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [dx, dy] = [x[i]! - middle, y[i]! - middle]
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy)
}
