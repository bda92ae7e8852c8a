import type { Rng } from '@etsef/plugin-api'
import type { SortedColumns } from '../../numeric/trees/sorted-columns.js'
import type { TreesBuilder } from '../../numeric/trees/trees.js'

/** What limits a tree. */
export interface ForestTreeOptions {
  /** Columns drawn at each split. */
  readonly maxFeatures: number
  /** A node with fewer distinct rows is a leaf. */
  readonly minSamplesSplit: number
  readonly maxDepth: number
}

/** Grows classification trees on fixed columns in buffers that are made once. */
export interface ForestGrower {
  /**
   * Grows one tree on the rows with weight above 0.
   *
   * @param weights - How often each row was drawn, times what it counts.
   * @param onLeaf - Called with each leaf and the class weights in it (a view that is reused).
   */
  grow(
    weights: Float64Array,
    rng: Rng,
    builder: TreesBuilder,
    onLeaf: (node: number, counts: Float64Array) => void,
  ): void
}

/**
 * Breiman's tree: at every split a fresh draw of columns, the best Gini cut among them, no depth limit by default.
 *
 * As in scikit-learn: constant columns do not count as a find (drawing goes on until one column varies), the best cut of
 * mixed rows is made even when it gains nothing by itself (the one below it may, as in an exclusive or), thresholds are
 * midpoints in float64 of float32 values, and a row goes left where its value is at most the threshold.
 *
 * @see Breiman 2001, Random forests. scikit-learn 1.9 sklearn/tree/_splitter.pyx (BestSplitter).
 */
export function forestGrower(
  columns: SortedColumns,
  labels: Int32Array,
  numClasses: number,
  options: ForestTreeOptions,
): ForestGrower {
  const { numSamples: n, numFeatures: d, values, order } = columns
  const rows = new Int32Array(n)
  const held = new Int32Array(n)
  const inNode = new Uint8Array(n)
  const sortedRows = new Int32Array(n)
  const keys = new Float64Array(n)
  const ranks = denseRanks(columns)
  const features = Int32Array.from({ length: d }, (_, j) => j)
  const counts = new Float64Array(numClasses)
  const leftCounts = new Float64Array(numClasses)
  let bestScore = 0
  let bestFeature = -1
  let bestThreshold = 0

  /** Puts the node's rows into `sortedRows` by value of column j. */
  const sortNode = (j: number, start: number, end: number): void => {
    const size = end - start
    const base = j * n
    if (size * Math.log2(size) * 2 > n) {
      // A large node: walking the whole sorted column is cheaper than sorting a part of it.
      let out = 0
      for (let r = 0; r < n; r++) {
        const row = order[base + r]!
        sortedRows[out] = row
        out += inNode[row]!
      }
      return
    }
    if (size <= 24) {
      for (let r = 0; r < size; r++) {
        const row = rows[start + r]!
        const rank = ranks[base + row]!
        let at = r
        while (at > 0 && ranks[base + sortedRows[at - 1]!]! > rank) {
          sortedRows[at] = sortedRows[at - 1]!
          at--
        }
        sortedRows[at] = row
      }
      return
    }
    // Rank and row in one number: the engine's own sort needs no comparison callback.
    const part = keys.subarray(0, size)
    for (let r = 0; r < size; r++) part[r] = ranks[base + rows[start + r]!]! * n + rows[start + r]!
    part.sort()
    for (let r = 0; r < size; r++) sortedRows[r] = part[r]! % n
  }

  const scanColumn = (j: number, size: number, weights: Float64Array, total: number, squares: number): void => {
    const base = j * n
    leftCounts.fill(0)
    let leftWeight = 0
    let leftSquares = 0
    let rightSquares = squares
    let row = sortedRows[0]!
    let value = values[base + row]!
    for (let r = 0; r < size - 1; r++) {
      const weight = weights[row]!
      const label = labels[row]!
      const left = leftCounts[label]!
      leftSquares += weight * (2 * left + weight)
      rightSquares -= weight * (2 * (counts[label]! - left) - weight)
      leftCounts[label] = left + weight
      leftWeight += weight
      row = sortedRows[r + 1]!
      const next = values[base + row]!
      if (next === value) continue
      const rightWeight = total - leftWeight
      if (leftSquares * rightWeight + rightSquares * leftWeight > bestScore * leftWeight * rightWeight * (1 + 1e-12)) {
        bestScore = leftSquares / leftWeight + rightSquares / rightWeight
        bestFeature = j
        const middle = value / 2 + next / 2
        bestThreshold = middle >= next || !Number.isFinite(middle) ? value : middle
      }
      value = next
    }
  }

  const findSplit = (start: number, end: number, weights: Float64Array, total: number, rng: Rng): void => {
    const size = end - start
    const squares = counts.reduce((sum, count) => sum + count * count, 0)
    bestFeature = -1
    bestScore = -Infinity
    const isLarge = size * Math.log2(size) * 2 > n
    if (isLarge) for (let r = start; r < end; r++) inNode[rows[r]!] = 1
    let sawVariation = false
    for (let drawn = 0; drawn < d && (drawn < options.maxFeatures || !sawVariation); drawn++) {
      const pick = drawn + rng.integer(d - drawn)
      const j = features[pick]!
      features[pick] = features[drawn]!
      features[drawn] = j
      sortNode(j, start, end)
      const first = values[j * n + sortedRows[0]!]!
      if (first === values[j * n + sortedRows[size - 1]!]!) continue
      sawVariation = true
      scanColumn(j, size, weights, total, squares)
    }
    if (isLarge) for (let r = start; r < end; r++) inNode[rows[r]!] = 0
  }

  const divideRows = (start: number, end: number): number => {
    const base = bestFeature * n
    let left = start
    let right = 0
    for (let r = start; r < end; r++) {
      const row = rows[r]!
      const side = values[base + row]! <= bestThreshold ? 1 : 0
      rows[left] = row
      held[right] = row
      left += side
      right += 1 - side
    }
    for (let r = 0; r < right; r++) rows[left + r] = held[r]!
    return left
  }

  const grow: ForestGrower['grow'] = (weights, rng, builder, onLeaf) => {
    let size = 0
    for (let i = 0; i < n; i++) {
      rows[size] = i
      if (weights[i]! > 0) size++
    }
    for (let j = 0; j < d; j++) features[j] = j
    builder.beginTree()
    const visit = (start: number, end: number, depth: number): number => {
      counts.fill(0)
      let total = 0
      for (let r = start; r < end; r++) {
        counts[labels[rows[r]!]!]! += weights[rows[r]!]!
        total += weights[rows[r]!]!
      }
      const node = builder.leaf(total)
      const isPure = counts.some((count) => count === total)
      if (!isPure && end - start >= options.minSamplesSplit && depth < options.maxDepth) {
        const impurity = total - counts.reduce((sum, count) => sum + count * count, 0) / total
        findSplit(start, end, weights, total, rng)
        if (bestFeature >= 0) {
          // Rounding can put the score of a cut without gain below that of the node.
          builder.split(node, bestFeature, bestThreshold, Math.max(0, bestScore - (total - impurity)))
          const middle = divideRows(start, end)
          const left = visit(start, middle, depth + 1)
          const right = visit(middle, end, depth + 1)
          builder.link(node, left, right)
          return node
        }
      }
      onLeaf(node, counts)
      return node
    }
    visit(0, size, 0)
  }
  return { grow }
}

/** Position of every value among the distinct values of its column. */
function denseRanks({ numSamples: n, numFeatures: d, values, order }: SortedColumns): Int32Array {
  const ranks = new Int32Array(n * d)
  for (let j = 0; j < d; j++) {
    let rank = 0
    for (let r = 0, before = NaN; r < n; r++) {
      const at = j * n + order[j * n + r]!
      if (r > 0 && values[at] !== before) rank++
      before = values[at]!
      ranks[at] = rank
    }
  }
  return ranks
}
