import type { SortedColumns } from '../trees/sorted-columns.js'

/** What a cut must bring; names as in XGBoost. */
export interface CutOptions {
  readonly lambda: number
  readonly minChildWeight: number
  /** The gain a cut must exceed, float32. */
  readonly leastGain: number
}

/** A stretch `[start, end)` of the rows, with its sums over float32 gradients. */
export interface NodeRows {
  readonly start: number
  readonly end: number
  readonly sumG: number
  readonly sumH: number
  /** `sumG² / (sumH + lambda)`, float32. */
  readonly gain: number
}

/** The best cut of a node. */
export interface Cut {
  /** −1 when no cut gains enough. */
  readonly feature: number
  /** Rows with a smaller value go left. */
  readonly threshold: number
  /** Float32. */
  readonly gain: number
}

/** Which sides of a cut will be cut again, and so need their rows sorted. */
export type KeptSides = 'left' | 'right' | 'both'

/**
 * The rows of every node of a growing tree, sorted in every column.
 *
 * Before the first {@link ColumnLists.divide} a node is the whole table; after it, nodes are stretches of lists that are
 * divided in place.
 */
export interface ColumnLists {
  /** Gradient and hessian of row i at `2 i` and `2 i + 1`; written by the caller before a tree. */
  readonly pairs: Float32Array
  /** 1 for rows that go left; written by the caller before {@link ColumnLists.divide}. */
  readonly goesLeft: Uint8Array
  /** Tries every cut between different values of every column, values from the largest down, ties to the lower column. */
  bestCut(node: NodeRows, isWhole: boolean): Cut
  /** Divides every column's list of a node at `middle`; of a side that is not kept the order is lost. */
  divide(node: Pick<NodeRows, 'start' | 'end'>, middle: number, kept: KeptSides, isWhole: boolean): void
}

/** Where the cut between two neighbouring values lies: midway, or at the upper one where float32 has no room. */
export function thresholdBetween(value: number, above: number): number {
  const middle = Math.fround(Math.fround(value + above) * 0.5)
  return middle === value ? above : middle
}

/** {@link ColumnLists} in plain loops; the reference for the kernels. */
export function plainColumnLists(columns: SortedColumns, options: CutOptions): ColumnLists {
  const { numSamples: n, numFeatures: d, values, order: sorted } = columns
  const { lambda, minChildWeight, leastGain } = options
  const order = new Int32Array(n * d)
  const held = new Int32Array(n)
  const goesLeft = new Uint8Array(n)
  const pairs = new Float32Array(2 * n)

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
    goesLeft,
    bestCut: (node, isWhole) => {
      let best: Cut = { feature: -1, threshold: 0, gain: leastGain }
      for (let j = 0; j < d; j++) best = scan(isWhole ? sorted : order, j, node, best)
      return best
    },
    divide: ({ start, end }, _middle, _kept, isWhole) => {
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
