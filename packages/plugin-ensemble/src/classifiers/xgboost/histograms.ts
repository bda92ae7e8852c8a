import type { BinnedColumns } from './bins.js'
import type { Cut, CutFinder, CutOptions, NodeRows, Stretch } from './cut-finder.js'

/** Histograms of gradients, one per slot, and what is done to them. A histogram has a cell for each bin of each column. */
export interface Histograms extends Pick<CutFinder, 'pairs' | 'rows' | 'sums' | 'divideRows'> {
  clear(slot: number): void
  /** Counts the rows of a stretch in. */
  add(slot: number, stretch: Stretch): void
  /** Counts them out again. */
  remove(slot: number, stretch: Stretch): void
  subtract(slot: number, other: number): void
  bestCut(slot: number, node: NodeRows): Cut
  /** The best cut by the rows alone, without a slot: quicker where they are few. */
  bestCutOfRows(node: NodeRows): Cut
}

/** Bytes that all histograms together may take. */
const mostBytes = 2 ** 28

/** How many slots the trees need, and from how many rows on a node has one. */
export interface SlotPlan {
  readonly numSlots: number
  readonly fewRows: number
}

/**
 * One slot a level, for nodes with at least as many rows as columns have bins.
 *
 * None where they would take too much memory, nor without a penalty on light sides: there the rounding that subtraction
 * leaves in an empty bin could look like a gain.
 */
export function planSlots(columns: BinnedColumns, options: CutOptions, maxDepth: number): SlotPlan {
  const { numSamples: n, numFeatures: d, stride } = columns
  const fewRows = stride
  const numSlots = Math.min(maxDepth, Math.floor(n / fewRows)) + 1
  const isSafe = options.lambda + options.minChildWeight >= 1e-3
  return isSafe && numSlots * d * stride * 16 <= mostBytes
    ? { numSlots, fewRows }
    : { numSlots: 0, fewRows: Number.POSITIVE_INFINITY }
}

/**
 * Cuts between bins. Of two sides only the one with fewer rows is counted; the other is what is left of their parent.
 *
 * @see Chen and Guestrin 2016, 3.2; subtraction as in LightGBM (Ke et al. 2017) and XGBoost `hist`.
 */
export function histogramFinder(histograms: Histograms, { numSlots, fewRows }: SlotPlan): CutFinder {
  const { pairs, rows, sums, divideRows } = histograms
  /** Slot of the node that starts at a row; nodes that wait do not overlap. */
  const slotAt = new Map<number, number>()
  let free: number[] = []

  const take = (): number => {
    const slot = free.pop()
    if (slot === undefined) throw new RangeError('histograms: more nodes wait than the tree has levels')
    return slot
  }
  const isLarge = ({ start, end }: Stretch): boolean => end - start >= fewRows

  return {
    pairs,
    rows,
    sums,
    divideRows,
    bestCut: (node, isWhole) => {
      if (isWhole) {
        slotAt.clear()
        free = Array.from({ length: numSlots }, (_, slot) => slot)
      }
      if (!isLarge(node)) return histograms.bestCutOfRows(node)
      let slot = slotAt.get(node.start)
      if (slot === undefined) {
        slot = take()
        slotAt.set(node.start, slot)
        histograms.clear(slot)
        histograms.add(slot, node)
      }
      const cut = histograms.bestCut(slot, node)
      if (cut.feature < 0) {
        slotAt.delete(node.start)
        free.push(slot)
      }
      return cut
    },
    divide: ({ start, end }, middle, kept) => {
      const slot = slotAt.get(start)
      if (slot === undefined) return
      slotAt.delete(start)
      const left = { start, end: middle, isKept: kept === 'left' || kept === 'both' }
      const right = { start: middle, end, isKept: kept === 'right' || kept === 'both' }
      const [few, many] = middle - start <= end - middle ? [left, right] : [right, left]
      const needsFew = few.isKept && isLarge(few)
      if (!many.isKept || !isLarge(many)) {
        // What is not needed again is not subtracted from; the few are counted anew when they are asked about.
        free.push(slot)
        return
      }
      if (needsFew) {
        const other = take()
        histograms.clear(other)
        histograms.add(other, few)
        histograms.subtract(slot, other)
        slotAt.set(few.start, other)
      } else histograms.remove(slot, few)
      slotAt.set(many.start, slot)
    },
  }
}
