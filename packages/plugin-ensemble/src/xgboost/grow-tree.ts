import type { SortedColumns } from '../trees/sorted-columns.js'
import type { TreesBuilder } from '../trees/trees.js'

/** What limits and shrinks a tree; names as in XGBoost. */
export interface GrowOptions {
  /** eta: share of each leaf's optimum that is added. */
  readonly learningRate: number
  readonly maxDepth: number
  /** L2 on leaf values. */
  readonly lambda: number
  /** Least gain a split must bring. */
  readonly gamma: number
  /** Least summed hessian on each side of a split. */
  readonly minChildWeight: number
}

/** Grows trees on fixed columns, one after the other, in buffers that are made once. */
export interface TreeGrower {
  /**
   * Grows one tree.
   *
   * @param gradients - Float32 per row.
   * @param hessians - Float32 per row.
   * @param onLeaf - Called with each leaf's value (float32, already shrunk) and its rows, in the order leaves are made.
   */
  grow(
    gradients: Float32Array,
    hessians: Float32Array,
    builder: TreesBuilder,
    onLeaf: (node: number, value: number, rows: Int32Array) => void,
  ): void
}

/** A split gains more than this, or the node stays a leaf (kRtEps of XGBoost). */
const leastGain = 1e-6

/**
 * Exact greedy growth: every cut between different values of every column is tried.
 *
 * Sums are float64 over float32 gradients, gains float32, values scanned from the largest down and equal gains kept by
 * the lower column, as XGBoost 1.7's `exact` does, so that both choose the same cuts. Rows of a node stay sorted in every
 * column (each split partitions the columns stably), and nodes too light to be split again are not sorted at all.
 *
 * @see Chen and Guestrin 2016, XGBoost, algorithm 1; src/tree/updater_colmaker.cc of version 1.7.
 */
export function treeGrower(columns: SortedColumns, options: GrowOptions): TreeGrower {
  const { numSamples: n, numFeatures: d, values, order: sorted } = columns
  const { learningRate, maxDepth, lambda, gamma, minChildWeight } = options
  const rows = new Int32Array(n)
  const order = new Int32Array(n * d)
  const held = new Int32Array(n)
  const goesLeft = new Uint8Array(n)
  // The best cut of the node in hand; kept here so that the scan allocates nothing.
  let bestFeature = -1
  let bestThreshold = 0
  let bestGain = 0

  const scanColumn = (
    list: Int32Array,
    j: number,
    start: number,
    end: number,
    gradients: Float32Array,
    hessians: Float32Array,
    sumG: number,
    sumH: number,
    nodeGain: number,
  ): void => {
    const base = j * n
    let gRight = 0
    let hRight = 0
    let floor = (bestGain + nodeGain) * (1 - 1e-6)
    let row = list[base + end - 1]!
    let last = values[base + row]!
    for (let at = base + end - 1; at > base + start; at--) {
      gRight += gradients[row]!
      hRight += hessians[row]!
      row = list[at - 1]!
      const value = values[base + row]!
      if (value === last) continue
      if (hRight >= minChildWeight) {
        const hLeft = sumH - hRight
        if (hLeft < minChildWeight) return
        const gLeft = sumG - gRight
        const a = hLeft + lambda
        const b = hRight + lambda
        // Without a division: whether the cut can beat the best one, before the exact float32 comparison.
        if (gLeft * gLeft * b + gRight * gRight * a > floor * a * b) {
          const sides = Math.fround(Math.fround((gLeft * gLeft) / a) + Math.fround((gRight * gRight) / b))
          const gain = Math.fround(sides - nodeGain)
          if (gain > bestGain) {
            bestGain = gain
            bestFeature = j
            const middle = Math.fround(Math.fround(value + last) * 0.5)
            bestThreshold = middle === value ? last : middle
            floor = (bestGain + nodeGain) * (1 - 1e-6)
          }
        }
      }
      last = value
    }
  }

  const partition = (from: Int32Array, start: number, end: number): void => {
    for (let j = 0; j < d; j++) {
      const base = j * n
      let left = base + start
      let right = 0
      for (let at = base + start; at < base + end; at++) {
        const row = from[at]!
        const side = goesLeft[row]!
        // Both places are written and one counter moves, so there is no branch to mispredict.
        order[left] = row
        held[right] = row
        left += side
        right += 1 - side
      }
      for (let r = 0; r < right; r++) order[left + r] = held[r]!
    }
  }

  const grow: TreeGrower['grow'] = (gradients, hessians, builder, onLeaf) => {
    const visit = (list: Int32Array, start: number, end: number, depth: number): number => {
      let sumG = 0
      let sumH = 0
      for (let r = start; r < end; r++) {
        sumG += gradients[rows[r]!]!
        sumH += hessians[rows[r]!]!
      }
      const node = builder.leaf(Math.fround(sumH))
      const optimum = sumH < minChildWeight || sumH <= 0 ? 0 : Math.fround(-sumG / (sumH + lambda))
      if (depth < maxDepth && sumH >= 2 * minChildWeight && end - start > 1) {
        const nodeGain = Math.fround((sumG * sumG) / (sumH + lambda))
        bestFeature = -1
        bestGain = Math.fround(Math.max(leastGain, gamma))
        for (let j = 0; j < d; j++) scanColumn(list, j, start, end, gradients, hessians, sumG, sumH, nodeGain)
        if (bestFeature >= 0) {
          const [feature, threshold, gain] = [bestFeature, bestThreshold, bestGain]
          builder.split(node, feature, threshold, gain)
          const middle = divideRows(feature, threshold, start, end)
          if (depth + 1 < maxDepth && canSplitOne(hessians, start, middle, end)) partition(list, start, end)
          const left = visit(order, start, middle, depth + 1)
          const right = visit(order, middle, end, depth + 1)
          builder.link(node, left, right)
          return node
        }
      }
      onLeaf(node, Math.fround(optimum * Math.fround(learningRate)), rows.subarray(start, end))
      return node
    }

    const divideRows = (feature: number, threshold: number, start: number, end: number): number => {
      const base = feature * n
      let left = start
      let right = 0
      for (let r = start; r < end; r++) {
        const row = rows[r]!
        const side = values[base + row]! < threshold ? 1 : 0
        goesLeft[row] = side
        rows[left] = row
        held[right] = row
        left += side
        right += 1 - side
      }
      for (let r = 0; r < right; r++) rows[left + r] = held[r]!
      return left
    }

    const canSplitOne = (h: Float32Array, start: number, middle: number, end: number): boolean => {
      let [left, right] = [0, 0]
      for (let r = start; r < middle; r++) left += h[rows[r]!]!
      for (let r = middle; r < end; r++) right += h[rows[r]!]!
      return left >= 2 * minChildWeight || right >= 2 * minChildWeight
    }

    for (let i = 0; i < n; i++) rows[i] = i
    builder.beginTree()
    visit(sorted, 0, n, 0)
  }
  return { grow }
}
