import type { SortedColumns } from '../../numeric/trees/sorted-columns.js'
import { plainRows, thresholdBetween, type Cut, type CutFinder, type CutOptions, type NodeRows } from './cut-finder.js'

/**
 * Exact cuts, between all different values: the rows of every node, sorted in every column, in plain loops.
 *
 * Before the first division a node is the whole table; after it, nodes are stretches of lists that are divided in place.
 * The reference for the kernels.
 */
export function plainColumnLists(columns: SortedColumns, options: CutOptions): CutFinder {
  const { numSamples: n, numFeatures: d, values, order: sorted } = columns
  const { lambda, minChildWeight, leastGain } = options
  const order = new Int32Array(n * d)
  const held = new Int32Array(n)
  const { pairs, rows, goesLeft, sums, divideRows } = plainRows(n)

  const scan = (list: Int32Array, j: number, node: NodeRows, best: Cut): Cut => {
    const first = j * n + node.start
    let found = best
    let gRight = 0
    let hRight = 0
    let floor = (best.gain + node.gain) * (1 - 1e-6)
    for (let at = j * n + node.end - 1; at > first; at--) {
      const pair = 2 * list[at]!
      gRight += pairs[pair]!
      hRight += pairs[pair + 1]!
      if (hRight < minChildWeight) continue
      const hLeft = node.sumH - hRight
      if (hLeft < minChildWeight) break
      const gLeft = node.sumG - gRight
      const a = hLeft + lambda
      const b = hRight + lambda
      // Without a division, and before the values are looked at: whether a cut here could beat the best one.
      if (gLeft * gLeft * b + gRight * gRight * a <= floor * a * b) continue
      const value = values[j * n + list[at - 1]!]!
      const above = values[j * n + list[at]!]!
      if (value === above) continue
      const sides = Math.fround(Math.fround((gLeft * gLeft) / a) + Math.fround((gRight * gRight) / b))
      const gain = Math.fround(sides - node.gain)
      if (gain <= found.gain) continue
      found = { feature: j, threshold: thresholdBetween(value, above), gain }
      floor = (gain + node.gain) * (1 - 1e-6)
    }
    return found
  }

  return {
    pairs,
    rows,
    sums,
    divideRows: ({ feature, threshold }, stretch) =>
      divideRows((row) => values[feature * n + row]! < threshold, stretch),
    bestCut: (node, isWhole) => {
      let best: Cut = { feature: -1, threshold: 0, gain: leastGain }
      for (let j = 0; j < d; j++) best = scan(isWhole ? sorted : order, j, node, best)
      return best
    },
    divide: ({ start, end }, _middle, kept, isWhole) => {
      if (kept === 'none') return
      const from = isWhole ? sorted : order
      for (let base = 0; base < n * d; base += n) {
        let left = base + start
        let right = 0
        for (let at = base + start; at < base + end; at++) {
          const row = from[at]!
          if (goesLeft[row] === 1) order[left++] = row
          else held[right++] = row
        }
        for (let r = 0; r < right; r++) order[left + r] = held[r]!
      }
    },
  }
}
