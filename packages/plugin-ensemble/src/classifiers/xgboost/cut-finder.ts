/** What a cut must bring; names as in XGBoost. */
export interface CutOptions {
  readonly lambda: number
  readonly minChildWeight: number
  /** The gain a cut must exceed, float32. */
  readonly leastGain: number
}

/** A stretch `[start, end)` of the rows. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

/** Float64 sums over the float32 gradients and hessians of some rows. */
export interface Sums {
  readonly sumG: number
  readonly sumH: number
}

/** The rows of a node, with their sums. */
export interface NodeRows extends Stretch, Sums {
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
  /** First bin that goes right, where columns have bins. */
  readonly bin?: number
}

/** Which sides of a cut may be cut again. */
export type KeptSides = 'left' | 'right' | 'both' | 'none'

/**
 * What finds the cuts of a growing tree: every column in order ({@link plainColumnLists}), or in bins.
 *
 * The grower asks for the best cut of a node, has its rows divided, and then says which sides it will ask about; it goes
 * on with the left side first.
 */
export interface CutFinder {
  /** Gradient and hessian of row i at `2 i` and `2 i + 1`; written by the caller before a tree. */
  readonly pairs: Float32Array
  /** The rows of every node, in ascending order; written by the caller before a tree. */
  readonly rows: Int32Array
  sums(this: void, start: number, end: number): Sums
  /** The cut that gains most; of equal ones that of the lower column. */
  bestCut(node: NodeRows, isWhole: boolean): Cut
  /** Moves the rows that go left before the others; returns where the others start. */
  divideRows(this: void, cut: Cut, stretch: Stretch): number
  /** Prepares the sides of a node whose rows were divided just before; of a side that is not kept, nothing is. */
  divide(stretch: Stretch, middle: number, kept: KeptSides, isWhole: boolean): void
}

/** Where the cut between two neighbouring values lies: midway, or at the upper one where float32 has no room. */
export function thresholdBetween(value: number, above: number): number {
  const middle = Math.fround(Math.fround(value + above) * 0.5)
  return middle === value ? above : middle
}

/** The part of a {@link CutFinder} that deals with rows alone, in plain loops. */
export interface PlainRows {
  readonly pairs: Float32Array
  readonly rows: Int32Array
  /** 1 for rows that went left when they were last divided. */
  readonly goesLeft: Uint8Array
  readonly sums: CutFinder['sums']
  divideRows(this: void, isBelow: (row: number) => boolean, stretch: Stretch): number
}

/** See {@link PlainRows}. */
export function plainRows(numSamples: number): PlainRows {
  const pairs = new Float32Array(2 * numSamples)
  const rows = new Int32Array(numSamples)
  const held = new Int32Array(numSamples)
  const goesLeft = new Uint8Array(numSamples)
  return {
    pairs,
    rows,
    goesLeft,
    sums: (start, end) => {
      let [sumG, sumH] = [0, 0]
      for (let r = start; r < end; r++) {
        sumG += pairs[2 * rows[r]!]!
        sumH += pairs[2 * rows[r]! + 1]!
      }
      return { sumG, sumH }
    },
    divideRows: (isBelow, { start, end }) => {
      let left = start
      let right = 0
      for (let r = start; r < end; r++) {
        const row = rows[r]!
        const side = isBelow(row) ? 1 : 0
        goesLeft[row] = side
        // Both places are written and one counter moves, so there is no branch to mispredict.
        rows[left] = row
        held[right] = row
        left += side
        right += 1 - side
      }
      for (let r = 0; r < right; r++) rows[left + r] = held[r]!
      return left
    },
  }
}
