/**
 * Mean silhouette of labelled points: (b − a) / max(a, b), with `a` the mean distance to the own class and `b` to the nearest other one.
 *
 * A point alone in its class counts 0.
 *
 * @param distances - *Squared* distances, `[n, n]`.
 * @param labels - Class per point.
 * @returns A number in [−1, 1]; null when fewer than two classes occur.
 * @see Rousseeuw 1987, Silhouettes: a graphical aid to the interpretation and validation of cluster analysis
 */
export function silhouette(distances: Float64Array, labels: ArrayLike<number>): number | null {
  const n = labels.length
  const counts = new Map<number, number>()
  for (let i = 0; i < n; i++) counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1)
  if (counts.size < 2) return null
  let sum = 0
  for (let i = 0; i < n; i++) {
    const totals = new Map<number, number>()
    for (let j = 0; j < n; j++) totals.set(labels[j]!, (totals.get(labels[j]!) ?? 0) + Math.sqrt(distances[i * n + j]!))
    const own = labels[i]!
    const ownCount = counts.get(own)!
    if (ownCount === 1) continue
    const a = totals.get(own)! / (ownCount - 1)
    let b = Infinity
    for (const [label, count] of counts) if (label !== own) b = Math.min(b, totals.get(label)! / count)
    const larger = Math.max(a, b)
    sum += larger === 0 ? 0 : (b - a) / larger
  }
  return sum / n
}
