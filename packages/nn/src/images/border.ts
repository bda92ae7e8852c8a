/** What lies beyond the edge: the picture mirrored at its edge (`reflect`, the edge pixel twice: `cba|abc|cba`), or black. */
export type Border = 'reflect' | 'black'

/** Index inside `[0, size)` that mirrors `index`: −1 → 0, −2 → 1, size → size − 1. */
export function reflect(index: number, size: number): number {
  if (index >= 0 && index < size) return index
  const period = 2 * size
  const folded = ((index % period) + period) % period
  return folded < size ? folded : period - 1 - folded
}
