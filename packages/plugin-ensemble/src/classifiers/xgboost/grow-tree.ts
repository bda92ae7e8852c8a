import { sortColumns } from '../../numeric/trees/sorted-columns.js'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import type { TreesBuilder } from '../../numeric/trees/trees.js'
import { binColumns } from './bins.js'
import { plainColumnLists } from './column-lists.js'
import type { CutFinder, KeptSides, Sums } from './cut-finder.js'
import { histogramFinder, planSlots } from './histograms.js'
import { kernelHistograms } from './kernel-histograms.js'
import { kernelColumnLists } from './kernel-lists.js'
import { plainHistograms } from './plain-histograms.js'

/** What limits and shrinks a tree; names as in XGBoost. */
export interface GrowOptions {
  /** eta: share of each leaf's optimum that is added. */
  readonly learningRate: number
  readonly maxDepth: number
  /** L2 on leaf values. */
  readonly lambda: number
  /** Least gain of a split: with `hist` it is not made below, with `exact` it is taken back where no split follows it. */
  readonly gamma: number
  /** Least summed hessian on each side of a split. */
  readonly minChildWeight: number
  /** Where cuts are tried: between all different values, or between bins of them. */
  readonly method: 'exact' | 'hist'
  /** Bins a column for `hist`, 2 to 65,536. */
  readonly maxBin: number
}

/** Grows trees on fixed columns, one after the other, in buffers that are made once. */
export interface TreeGrower {
  /**
   * Grows one tree.
   *
   * @param pairs - Gradient and hessian of row i at `2 i` and `2 i + 1`.
   * @param onLeaf - Called with each leaf's value (float32, already shrunk) and its rows, in the order of the nodes.
   */
  grow(
    pairs: Float32Array,
    builder: TreesBuilder,
    onLeaf: (node: number, value: number, rows: Int32Array) => void,
  ): void
}

/** A split gains more than this, or the node stays a leaf (kRtEps of XGBoost). */
const leastGain = Math.fround(1e-6)

/**
 * Greedy growth: at every node the cut that gains most, of all between different values (`exact`) or between bins (`hist`).
 *
 * Sums are float64 over float32 gradients and gains float32. Equal gains go to the lower column and there to the larger
 * value (`exact`) or the smaller one (`hist`), as in XGBoost 1.7, so that both choose the same cuts. Nodes too light to be
 * split again are not prepared for it. As there, `exact` grows whole trees and then takes back splits below `gamma` from the
 * leaves up, so that a split of little gain stays where a better one follows; `hist` stops at the first of them.
 *
 * @param weights - Of each row, > 0; they move the bins of `hist`. Gradients carry them already.
 * @see Chen and Guestrin 2016, XGBoost, algorithms 1 and 2; src/tree/updater_colmaker.cc and hist/ of version 1.7.
 */
export function treeGrower(x: Matrix, weights: Float32Array, options: GrowOptions): TreeGrower {
  const { lambda, minChildWeight, gamma, method, maxBin, maxDepth } = options
  const columns = sortColumns(x)
  if (method === 'exact') {
    const cutOptions = { lambda, minChildWeight, leastGain }
    return growerOn(kernelColumnLists(columns, cutOptions) ?? plainColumnLists(columns, cutOptions), options)
  }
  const cutOptions = { lambda, minChildWeight, leastGain: Math.max(leastGain, justBelow(gamma)) }
  const binned = binColumns(columns, maxBin, weights)
  const plan = planSlots(binned, cutOptions, maxDepth)
  const histograms =
    kernelHistograms(binned, cutOptions, plan.numSlots) ?? plainHistograms(binned, cutOptions, plan.numSlots)
  return growerOn(histogramFinder(histograms, plan), { ...options, gamma: 0 })
}

/** The largest float32 below a number ≥ 0: a gain of exactly `gamma` is enough. */
function justBelow(gamma: number): number {
  const bits = new Int32Array(Float32Array.of(gamma).buffer)
  bits[0] = Math.max(0, bits[0]! - 1)
  return new Float32Array(bits.buffer)[0]!
}

/** {@link treeGrower} with a given finder of cuts; splits below `gamma` are taken back from the leaves up. */
export function growerOn(
  finder: CutFinder,
  options: Pick<GrowOptions, 'learningRate' | 'maxDepth' | 'lambda' | 'minChildWeight' | 'gamma'>,
): TreeGrower {
  const { learningRate, maxDepth, lambda, minChildWeight } = options
  const gamma = Math.fround(options.gamma)
  const { rows } = finder
  const allRows = rows.map((_, i) => i)

  const grow: TreeGrower['grow'] = (pairs, builder, onLeaf) => {
    finder.pairs.set(pairs)
    rows.set(allRows)
    const leaves: { readonly node: number; readonly value: number; readonly start: number; readonly end: number }[] = []
    const visit = (start: number, end: number, { sumG, sumH }: Sums, depth: number): number => {
      const node = builder.leaf(Math.fround(sumH))
      if (depth < maxDepth && sumH >= 2 * minChildWeight && end - start > 1) {
        const gain = Math.fround((sumG * sumG) / (sumH + lambda))
        const cut = finder.bestCut({ start, end, sumG, sumH, gain }, depth === 0)
        if (cut.feature >= 0) {
          builder.split(node, cut.feature, cut.threshold, cut.gain)
          const middle = finder.divideRows(cut, { start, end })
          const [left, right] = [finder.sums(start, middle), finder.sums(middle, end)]
          finder.divide({ start, end }, middle, keptSides(left.sumH, right.sumH, depth + 1), depth === 0)
          const leftNode = visit(start, middle, left, depth + 1)
          const rightNode = visit(middle, end, right, depth + 1)
          builder.link(node, leftNode, rightNode)
          if (cut.gain >= gamma || builder.isSplit(leftNode) || builder.isSplit(rightNode)) return node
          builder.takeBack(node)
          leaves.length -= 2
        }
      }
      const optimum = sumH < minChildWeight || sumH <= 0 ? 0 : Math.fround(-sumG / (sumH + lambda))
      leaves.push({ node, value: Math.fround(optimum * Math.fround(learningRate)), start, end })
      return node
    }

    /** Sides heavy enough to be cut again. */
    const keptSides = (left: number, right: number, depth: number): KeptSides => {
      if (depth >= maxDepth) return 'none'
      if (left >= 2 * minChildWeight && right >= 2 * minChildWeight) return 'both'
      if (left >= 2 * minChildWeight) return 'left'
      return right >= 2 * minChildWeight ? 'right' : 'none'
    }

    builder.beginTree()
    visit(0, rows.length, finder.sums(0, rows.length), 0)
    for (const { node, value, start, end } of leaves) onLeaf(node, value, rows.subarray(start, end))
  }
  return { grow }
}
