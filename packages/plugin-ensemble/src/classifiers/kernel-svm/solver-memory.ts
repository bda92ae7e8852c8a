import { blocks } from '../../numeric/kernels/blocks.js'
import { openKernels } from '../../numeric/kernels/kernels.js'

/**
 * What the loops of the solver work on, and the loops themselves: by SIMD kernels where they can be had, else plain, with the same bits.
 *
 * Arrays have a place for each row that takes part and one more, which the kernels may read and write.
 */
export interface SolverMemory {
  /** Kernel values of some rows with all, one after the other. */
  readonly values: Float32Array
  /** Places of the rows in the table. */
  readonly rows: Int32Array
  /** Sign times derivative of the objective. */
  readonly slopes: Float64Array
  /** Kernel value of each row with itself. */
  readonly diagonal: Float64Array
  /** The part of `slopes + sign` that weights at their bounds make. */
  readonly boundSlopes: Float64Array
  /** 0 where sign · weight may still grow, else infinity. */
  readonly riseBias: Float64Array
  /** 0 where sign · weight may still fall, else −infinity. */
  readonly fallBias: Float64Array
  /** Sums for other uses; see {@link SolverLoops.add}. */
  readonly sums: Float64Array
  readonly loops: SolverLoops
}

/** The loops over the first `count` rows; kernel values are those from `at…` in {@link SolverMemory.values}. Of equals the last is taken. */
export interface SolverLoops {
  /** Adds what two weights have moved by to all slopes; finds the lowest slope that may rise. */
  move(count: number, atI: number, atJ: number, moveI: number, moveJ: number): Found
  /** Finds the row that lowers the objective most together with one of slope `lowest`, and the highest slope that may fall. */
  second(count: number, atI: number, lowest: number, own: number): Found
  /** Adds the kernel values of `count` rows from place `from`, times a weight, to `sums` from `start` or to the same places of an array of slopes. */
  add(to: 'slopes' | 'boundSlopes' | number, from: number, count: number, at: number, weight: number): void
}

/** A place among the rows, or −1, and the slope that ended the search. */
export interface Found {
  readonly place: number
  readonly slope: number
}

/** Room for solver and sums. */
export interface SolverRoom {
  readonly numValues: number
  /** Rows of the largest problem. */
  readonly numRows: number
  readonly numSums: number
  /** Leaves the kernels alone. */
  readonly isPlain?: boolean
}

/** Makes room. */
export function solverMemory({ numValues, numRows, numSums, isPlain = false }: SolverRoom): SolverMemory {
  const numbers = 8 * (numRows + 1)
  const { at, total } = blocks({
    values: 4 * numValues,
    rows: 4 * (numRows + 1),
    slopes: numbers,
    diagonal: numbers,
    boundSlopes: numbers,
    riseBias: numbers,
    fallBias: numbers,
    result: 8,
    sums: 8 * numSums + 8,
  })
  const opened = isPlain ? undefined : openKernels(total + 16)
  const buffer = opened?.buffer ?? new ArrayBuffer(total)
  const numbersAt = (start: number): Float64Array => new Float64Array(buffer, start, numRows + 1)
  const memory = {
    values: new Float32Array(buffer, at.values, numValues),
    rows: new Int32Array(buffer, at.rows, numRows + 1),
    slopes: numbersAt(at.slopes),
    diagonal: numbersAt(at.diagonal),
    boundSlopes: numbersAt(at.boundSlopes),
    riseBias: numbersAt(at.riseBias),
    fallBias: numbersAt(at.fallBias),
    sums: new Float64Array(buffer, at.sums, numSums),
  }
  if (opened === undefined) return { ...memory, loops: plainLoops(memory) }
  const { exports } = opened
  const result = new Float64Array(buffer, at.result, 1)
  const valuesAt = (start: number): number => at.values + 4 * start
  // Kernels read on to an even number: what lies behind the last row must not be found.
  const loops: SolverLoops = {
    move: (count, atI, atJ, moveI, moveJ) => {
      const [i, j] = [valuesAt(atI), valuesAt(atJ)]
      const bias = memory.riseBias[count]!
      memory.riseBias[count] = Infinity
      const place = exports.moveSlopes(at.slopes, at.riseBias, at.rows, i, j, at.result, count, moveI, moveJ)
      memory.riseBias[count] = bias
      return { place, slope: result[0]! }
    },
    second: (count, atI, lowest, own) => {
      const { slopes, fallBias, diagonal, rows } = at
      const values = valuesAt(atI)
      const bias = memory.fallBias[count]!
      memory.fallBias[count] = -Infinity
      const place = exports.secondWeight(slopes, fallBias, diagonal, rows, values, at.result, count, lowest, own)
      memory.fallBias[count] = bias
      return { place, slope: result[0]! }
    },
    add: (to, from, count, start, weight) => {
      const target = typeof to === 'number' ? at.sums + 8 * to : at[to] + 8 * from
      exports.addWeighted(target, at.rows + 4 * from, valuesAt(start), count, weight)
    },
  }
  return { ...memory, loops }
}

/** Curvature in place of one that is not positive, as for two equal rows. */
export const leastCurvature = 1e-12

function plainLoops(memory: Omit<SolverMemory, 'loops'>): SolverLoops {
  const { values, rows, slopes, diagonal, riseBias, fallBias, sums } = memory
  return {
    move: (count, atI, atJ, moveI, moveJ) => {
      let [place, lowest] = [-1, Number.MAX_VALUE]
      for (let t = 0; t < count; t++) {
        const row = rows[t]!
        const slope = slopes[t]! + (values[atI + row]! * moveI + values[atJ + row]! * moveJ)
        slopes[t] = slope
        if (riseBias[t] === 0 && slope <= lowest) [place, lowest] = [t, slope]
      }
      return { place, slope: lowest }
    },
    second: (count, atI, lowest, own) => {
      let [place, highest, mostGain] = [-1, -Infinity, 0]
      for (let t = 0; t < count; t++) {
        const slope = slopes[t]! + fallBias[t]!
        if (slope > highest) highest = slope
        const violation = slope - lowest
        const curvature = own + diagonal[t]! - 2 * values[atI + rows[t]!]!
        const gain = (violation * violation) / (curvature > 0 ? curvature : leastCurvature)
        if (violation > 0 && gain >= mostGain) [place, mostGain] = [t, gain]
      }
      return { place, slope: highest }
    },
    add: (to, from, count, at, weight) => {
      const [target, start] = typeof to === 'number' ? [sums, to] : [memory[to], from]
      for (let t = 0; t < count; t++) target[start + t]! += values[at + rows[from + t]!]! * weight
    },
  }
}
