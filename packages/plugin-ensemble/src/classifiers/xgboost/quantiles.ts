/** A value of a sorted column. */
export interface Ranked {
  /** Where it starts in the sorted column. */
  readonly start: number
  /** Weight of the smaller values. */
  readonly below: number
  /** Weight of the values up to this one, itself included. */
  readonly upTo: number
}

/**
 * At most `count` of the values, the first and the last among them: those nearest to equally spaced ranks.
 *
 * @see XGBoost 1.7.4, src/common/quantile.h, WQSummary::SetPrune, here on exact ranks.
 */
export function quantiles(ranked: readonly Ranked[], count: number): readonly Ranked[] {
  const last = ranked.length - 1
  if (last < count) return ranked
  const begin = ranked[0]!.upTo
  const range = ranked[last]!.below - begin
  const kept = [0]
  let i = 1
  for (let k = 1; k < count - 1; k++) {
    const goal = 2 * ((k * range) / (count - 1) + begin)
    while (i < last && goal >= ranked[i + 1]!.below + ranked[i + 1]!.upTo) i++
    if (i === last) break
    const nearest = goal < ranked[i]!.upTo + ranked[i + 1]!.below ? i : i + 1
    if (kept.at(-1) !== nearest) kept.push(nearest)
  }
  if (kept.at(-1) !== last) kept.push(last)
  return kept.map((at) => ranked[at]!)
}
