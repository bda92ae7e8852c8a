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
  const { numSamples: n, numFeatures: d, values } = columns
  const { learningRate, maxDepth, lambda, gamma, minChildWeight } = options
  const sorted = rowList(n, columns.order)
  const order = rowList(n, n * d)
  const held = rowList(n, n)
  const rows = new Int32Array(n)
  const goesLeft = new Uint8Array(n)
  // Gradient and hessian of a row side by side: one cache line each time a row is met.
  const pairs = new Float32Array(2 * n)
  // The best cut of the node in hand; kept here so that the scan allocates nothing.
  let bestFeature = -1
  let bestThreshold = 0
  let bestGain = 0

  const scanColumn = (
    list: RowList,
    j: number,
    start: number,
    end: number,
    sumG: number,
    sumH: number,
    nodeGain: number,
  ): void => {
    const base = j * n
    const first = base + start
    let gRight = 0
    let hRight = 0
    let floor = (bestGain + nodeGain) * (1 - 1e-6)
    for (let at = base + end - 1; at > first; at--) {
      const pair = 2 * list[at]!
      gRight += pairs[pair]!
      hRight += pairs[pair + 1]!
      if (hRight < minChildWeight) continue
      const hLeft = sumH - hRight
      if (hLeft < minChildWeight) return
      const gLeft = sumG - gRight
      const a = hLeft + lambda
      const b = hRight + lambda
      // Without a division, and before the values are looked at: whether a cut here could beat the best one.
      if (gLeft * gLeft * b + gRight * gRight * a <= floor * a * b) continue
      const value = values[base + list[at - 1]!]!
      const above = values[base + list[at]!]!
      if (value === above) continue
      const sides = Math.fround(Math.fround((gLeft * gLeft) / a) + Math.fround((gRight * gRight) / b))
      const gain = Math.fround(sides - nodeGain)
      if (gain > bestGain) {
        bestGain = gain
        bestFeature = j
        const middle = Math.fround(Math.fround(value + above) * 0.5)
        bestThreshold = middle === value ? above : middle
        floor = (bestGain + nodeGain) * (1 - 1e-6)
      }
    }
  }

  /** Splits every column's list in place of the node; of a side that will not be split again the order is not kept. */
  const partition = (
    from: RowList,
    start: number,
    middle: number,
    end: number,
    keep: 'left' | 'right' | 'both',
  ): void => {
    for (let j = 0; j < d; j++) {
      const base = j * n
      if (keep === 'both') divide(from, base + start, base + end)
      else if (keep === 'left') compact(from, base + start, base + end, base + start, 1)
      else compact(from, base + start, base + end, base + middle, 0)
    }
  }

  const divide = (from: RowList, start: number, end: number): void => {
    let left = start
    let right = 0
    for (let at = start; at < end; at++) {
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

  /** Moves the rows of one side to `to`, in order. */
  const compact = (from: RowList, start: number, end: number, to: number, side: 0 | 1): void => {
    let count = 0
    for (let at = start; at < end; at++) {
      const row = from[at]!
      held[count] = row
      count += goesLeft[row]! === side ? 1 : 0
    }
    for (let r = 0; r < count; r++) order[to + r] = held[r]!
  }

  /** Partitions the node's rows, which stay in ascending order on each side. */
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

  const sumHessians = (start: number, end: number): number => {
    let sum = 0
    for (let r = start; r < end; r++) sum += pairs[2 * rows[r]! + 1]!
    return sum
  }

  const grow: TreeGrower['grow'] = (gradients, hessians, builder, onLeaf) => {
    for (let i = 0; i < n; i++) {
      rows[i] = i
      pairs[2 * i] = gradients[i]!
      pairs[2 * i + 1] = hessians[i]!
    }
    const visit = (list: RowList, start: number, end: number, depth: number): number => {
      let sumG = 0
      for (let r = start; r < end; r++) sumG += pairs[2 * rows[r]!]!
      const sumH = sumHessians(start, end)
      const node = builder.leaf(Math.fround(sumH))
      if (depth < maxDepth && sumH >= 2 * minChildWeight && end - start > 1) {
        const nodeGain = Math.fround((sumG * sumG) / (sumH + lambda))
        bestFeature = -1
        bestGain = Math.fround(Math.max(leastGain, gamma))
        for (let j = 0; j < d; j++) scanColumn(list, j, start, end, sumG, sumH, nodeGain)
        if (bestFeature >= 0) {
          builder.split(node, bestFeature, bestThreshold, bestGain)
          const middle = divideRows(bestFeature, bestThreshold, start, end)
          const isDeepest = depth + 1 >= maxDepth
          const keepLeft = !isDeepest && sumHessians(start, middle) >= 2 * minChildWeight
          const keepRight = !isDeepest && sumHessians(middle, end) >= 2 * minChildWeight
          if (keepLeft || keepRight) {
            partition(list, start, middle, end, keepLeft && keepRight ? 'both' : keepLeft ? 'left' : 'right')
          }
          const left = visit(order, start, middle, depth + 1)
          const right = visit(order, middle, end, depth + 1)
          builder.link(node, left, right)
          return node
        }
      }
      const optimum = sumH < minChildWeight || sumH <= 0 ? 0 : Math.fround(-sumG / (sumH + lambda))
      onLeaf(node, Math.fround(optimum * Math.fround(learningRate)), rows.subarray(start, end))
      return node
    }
    builder.beginTree()
    visit(sorted, 0, n, 0)
  }
  return { grow }
}

type RowList = Uint16Array | Int32Array

/** Row numbers in as little memory as they fit: the lists of all columns should stay in the processor's cache. */
function rowList(n: number, content: number | Int32Array): RowList {
  // The constructor reads a number as a length and an array as content.
  return n <= 65_536 ? new Uint16Array(content as number) : new Int32Array(content as number)
}
