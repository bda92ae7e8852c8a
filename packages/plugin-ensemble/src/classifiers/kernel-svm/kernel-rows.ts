import { PipelineError } from '@etsef/plugin-api'
import { matrix, row, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import { kernelMatrix, openKernel, type Kernel } from './kernel.js'
import { solverMemory, type SolverMemory } from './solver-memory.js'

/** Rows of the kernel matrix of one table, computed when asked for, in float32 as libsvm keeps them. */
export interface KernelRows {
  /** Where kernel values of row i with every row start in `memory.values`; valid until two other rows have been asked for. */
  of(i: number): number
  /** Kernel value of each row with itself, float64. */
  readonly diagonal: Float64Array
  /** Where the rows are kept, with room for problems of as many rows as the table has. */
  readonly memory: SolverMemory
}

/** Memory for rows that are kept; those used longest ago go first. */
const mostBytes = 256 * 2 ** 20

/** What the rows are for. */
export interface Room {
  /** Pairs of classes. */
  readonly numPairs: number
  /** Leaves the kernels of the solver alone. */
  readonly isPlain?: boolean
}

/**
 * The kernel matrix of a table, row by row.
 *
 * All pairs of classes and all folds of a fit are parts of this one matrix, so they share it.
 *
 * @throws PipelineError `ERR_BAD_DATA` where values leave the range of float32.
 */
export function kernelRows(x: Matrix, kernel: Kernel, { numPairs, isPlain = false }: Room): KernelRows {
  const n = x.numSamples
  const diagonal = Float64Array.from({ length: n }, (_, i) => {
    const own = matrix(1, x.numFeatures, row(x, i))
    return kernelMatrix(own, own, kernel).data[0]!
  })
  checkRange(diagonal, kernel)
  const mostRows = Math.min(n, Math.max(3, Math.floor(mostBytes / (4 * n))))
  const memory = solverMemory({ numValues: mostRows * n, numRows: n, numSums: n * numPairs, isPlain })
  /** Start of each row that is kept, the one used longest ago first. */
  const kept = new Map<number, number>()
  const values = new Float64Array(n)
  const evaluate = openKernel(x, kernel)
  return {
    diagonal,
    memory,
    of: (i) => {
      let start = kept.get(i)
      if (start === undefined) {
        start = kept.size < mostRows ? kept.size * n : takeOldest(kept)
        evaluate(row(x, i), values)
        // Quicker than `set`, which converts one number at a time with the caution that shared memory asks for.
        for (let k = 0; k < n; k++) memory.values[start + k] = values[k]!
        kept.set(i, start)
      } else if (mostRows < n) {
        kept.delete(i)
        kept.set(i, start)
      }
      return start
    },
  }
}

/** A row that goes leaves its place to the one that comes. */
function takeOldest(kept: Map<number, number>): number {
  for (const [oldest, start] of kept) {
    kept.delete(oldest)
    return start
  }
  throw new Error('no row is kept')
}

/** For the unbounded kernels no value exceeds the largest on the diagonal by much. */
function checkRange(diagonal: Float64Array, { kernel }: Kernel): void {
  const largest = diagonal.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (largest < 1e37) return
  throw new PipelineError('ERR_BAD_DATA', {
    message: `The ${kernel} kernel of some row with itself is too large`,
    expected: 'kernel values below 1e37',
    received: String(largest),
    hint: 'standardize the columns first, or set a smaller gamma or degree',
  })
}
