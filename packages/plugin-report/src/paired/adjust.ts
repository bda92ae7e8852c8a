/**
 * Holm's step-down adjustment: controls the family-wise error rate under any dependence.
 *
 * @param pValues - Raw p values in [0, 1].
 * @returns Adjusted p values in the same order.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = ascending(pValues)
  const adjusted = new Array<number>(pValues.length).fill(1)
  let running = 0
  order.forEach((index, rank) => {
    running = Math.max(running, (pValues.length - rank) * pValues[index]!)
    adjusted[index] = Math.min(1, running)
  })
  return adjusted
}

/**
 * Benjamini–Hochberg adjustment: controls the false discovery rate of independent or positively dependent tests.
 *
 * @param pValues - Raw p values in [0, 1].
 * @returns Adjusted p values in the same order.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = ascending(pValues)
  const adjusted = new Array<number>(pValues.length).fill(1)
  let running = 1
  for (let rank = order.length; rank >= 1; rank--) {
    const index = order[rank - 1]!
    running = Math.min(running, (pValues.length * pValues[index]!) / rank)
    adjusted[index] = running
  }
  return adjusted
}

function ascending(values: readonly number[]): number[] {
  return values.map((_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b)
}
