import type { SortedColumns } from '../trees/sorted-columns.js'
import type { TreesBuilder } from '../trees/trees.js'
import { plainColumnLists, type ColumnLists, type Cut, type KeptSides } from './column-lists.js'
import { kernelColumnLists } from './kernel-lists.js'

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
  const { lambda, minChildWeight, gamma } = options
  const cutOptions = { lambda, minChildWeight, leastGain: Math.fround(Math.max(leastGain, gamma)) }
  const lists = kernelColumnLists(columns, cutOptions) ?? plainColumnLists(columns, cutOptions)
  return growerOn(lists, columns, options)
}

/** {@link treeGrower} on given lists. */
export function growerOn(lists: ColumnLists, columns: SortedColumns, options: GrowOptions): TreeGrower {
  const { numSamples: n, values } = columns
  const { learningRate, maxDepth, lambda, minChildWeight } = options
  const { pairs, goesLeft } = lists
  const rows = new Int32Array(n)
  const held = new Int32Array(n)

  /** Partitions the node's rows, which stay in ascending order on each side; returns where the right side starts. */
  const divideRows = (cut: Cut, start: number, end: number): number => {
    const base = cut.feature * n
    let left = start
    let right = 0
    for (let r = start; r < end; r++) {
      const row = rows[r]!
      const side = values[base + row]! < cut.threshold ? 1 : 0
      goesLeft[row] = side
      // Both places are written and one counter moves, so there is no branch to mispredict.
      rows[left] = row
      held[right] = row
      left += side
      right += 1 - side
    }
    for (let r = 0; r < right; r++) rows[left + r] = held[r]!
    return left
  }

  const sumPairs = (start: number, end: number, part: 0 | 1): number => {
    let sum = 0
    for (let r = start; r < end; r++) sum += pairs[2 * rows[r]! + part]!
    return sum
  }

  const grow: TreeGrower['grow'] = (gradients, hessians, builder, onLeaf) => {
    for (let i = 0; i < n; i++) {
      rows[i] = i
      pairs[2 * i] = gradients[i]!
      pairs[2 * i + 1] = hessians[i]!
    }
    const visit = (start: number, end: number, depth: number): number => {
      const [sumG, sumH] = [sumPairs(start, end, 0), sumPairs(start, end, 1)]
      const node = builder.leaf(Math.fround(sumH))
      if (depth < maxDepth && sumH >= 2 * minChildWeight && end - start > 1) {
        const gain = Math.fround((sumG * sumG) / (sumH + lambda))
        const cut = lists.bestCut({ start, end, sumG, sumH, gain }, depth === 0)
        if (cut.feature >= 0) {
          builder.split(node, cut.feature, cut.threshold, cut.gain)
          const middle = divideRows(cut, start, end)
          const kept = keptSides(start, middle, end, depth + 1)
          if (kept !== undefined) lists.divide({ start, end }, middle, kept, depth === 0)
          const left = visit(start, middle, depth + 1)
          const right = visit(middle, end, depth + 1)
          builder.link(node, left, right)
          return node
        }
      }
      const optimum = sumH < minChildWeight || sumH <= 0 ? 0 : Math.fround(-sumG / (sumH + lambda))
      onLeaf(node, Math.fround(optimum * Math.fround(learningRate)), rows.subarray(start, end))
      return node
    }

    /** Sides heavy enough to be cut again. */
    const keptSides = (start: number, middle: number, end: number, depth: number): KeptSides | undefined => {
      if (depth >= maxDepth) return undefined
      const left = sumPairs(start, middle, 1) >= 2 * minChildWeight
      const right = sumPairs(middle, end, 1) >= 2 * minChildWeight
      if (left && right) return 'both'
      return left ? 'left' : right ? 'right' : undefined
    }

    builder.beginTree()
    visit(0, n, 0)
  }
  return { grow }
}
