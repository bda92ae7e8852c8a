import type { Labels } from '@etsef/plugin-api/models'
import { matrix, row, takeRows, transpose, type Matrix } from '../../numeric/linear-algebra/matrix.js'
import type { KernelRows } from './kernel-rows.js'
import { solveDual, type Stopping, type TwoClasses } from './solve-dual.js'

/** One classifier for each pair of classes that have rows. */
export interface Pairs {
  /** Classes with training rows, ascending. */
  readonly present: Int32Array
  /** Position in `present` of each support vector's class; vectors go class by class. */
  readonly vectorClasses: Int32Array
  /** `[numPresent − 1, numVectors]` as libsvm lays them out: for a vector of class i, row j is its weight against class j (j < i) or j + 1. */
  readonly coefficients: Matrix
  /** Threshold of each pair (0,1), (0,2) … (1,2) … */
  readonly rho: Float64Array
  /** Steps that each pair took. */
  readonly numIterations: Float64Array
  /** False when the steps of some pair ended before its optimality conditions held. */
  readonly converged: boolean
}

/** {@link Pairs} that were trained on rows of a table. */
export interface TrainedPairs extends Pairs {
  /** Place of each support vector in the table. */
  readonly places: Int32Array
}

/**
 * Trains all pairs of classes on some rows of a table.
 *
 * @param rows - Places in the table, class by class.
 * @param costs - Largest weight of a row of each class.
 */
export function trainPairs(
  kernel: KernelRows,
  { labels }: Labels,
  rows: Int32Array,
  costs: Float64Array,
  stopping: Stopping,
): TrainedPairs {
  const present = Int32Array.from(new Set(rows.map((i) => labels[i]!)))
  const starts = Array.from(present, (label) => rows.findIndex((i) => labels[i] === label))
  const ofClass = (a: number): Int32Array => rows.subarray(starts[a], starts[a + 1])
  const numPairs = (present.length * (present.length - 1)) / 2
  const rho = new Float64Array(numPairs)
  const numIterations = new Float64Array(numPairs)
  const weights = matrix(present.length - 1, rows.length)
  let converged = true
  eachPair(present.length, (pair, a, b) => {
    const [first, second] = [ofClass(a), ofClass(b)]
    const problem = twoClasses(first, second, costs[present[a]!]!, costs[present[b]!]!)
    const solution = solveDual(kernel, problem, stopping)
    rho[pair] = solution.rho
    numIterations[pair] = solution.numIterations
    converged &&= solution.converged
    const weightsOf = solution.alpha.map((alpha, t) => alpha * problem.signs[t]!)
    row(weights, b - 1).set(weightsOf.subarray(0, first.length), starts[a])
    row(weights, a).set(weightsOf.subarray(first.length), starts[b])
  })
  const byRow = transpose(weights)
  const used = Int32Array.from(rows.keys()).filter((at) => row(byRow, at).some((weight) => weight !== 0))
  const places = used.map((at) => rows[at]!)
  return {
    present,
    places,
    vectorClasses: places.map((i) => present.indexOf(labels[i]!)),
    coefficients: transpose(takeRows(byRow, used)),
    rho,
    numIterations,
    converged,
  }
}

function twoClasses(first: Int32Array, second: Int32Array, firstCost: number, secondCost: number): TwoClasses {
  const rows = Int32Array.from([...first, ...second])
  return {
    rows,
    signs: new Int8Array(rows.length).fill(1).fill(-1, first.length),
    costs: new Float64Array(rows.length).fill(firstCost).fill(secondCost, first.length),
  }
}

/** Visits the pairs in libsvm's order. */
export function eachPair(count: number, visit: (pair: number, a: number, b: number) => void): void {
  for (let a = 0, pair = 0; a < count; a++) for (let b = a + 1; b < count; b++) visit(pair++, a, b)
}

/** Weight of each vector in each pair's decision, `[numPairs, numVectors]`. */
export function pairWeights({ present, vectorClasses, coefficients }: Pairs): Matrix {
  const count = vectorClasses.length
  const result = matrix((present.length * (present.length - 1)) / 2, count)
  eachPair(present.length, (pair, a, b) => {
    vectorClasses.forEach((own, v) => {
      if (own === a) result.data[pair * count + v] = coefficients.data[(b - 1) * count + v]!
      else if (own === b) result.data[pair * count + v] = coefficients.data[a * count + v]!
    })
  })
  return result
}

/** Decisions of the pairs for other rows of the table they were trained on, from kernel values that mostly are there already. */
export function decisionsWithin(kernel: KernelRows, trained: TrainedPairs, rows: Int32Array): Matrix {
  const { places, rho } = trained
  const { loops, sums, rows: own } = kernel.memory
  const weights = pairWeights(trained)
  // An odd number of rows would spill into the next pair.
  const stride = 2 * Math.ceil(rows.length / 2)
  own.set(rows)
  sums.fill(0)
  places.forEach((place, v) => {
    const at = kernel.of(place)
    for (let pair = 0; pair < rho.length; pair++) {
      const weight = weights.data[pair * places.length + v]!
      if (weight !== 0) loops.add(pair * stride, 0, rows.length, at, weight)
    }
  })
  const result = matrix(rows.length, rho.length)
  for (let i = 0, at = 0; i < rows.length; i++) {
    for (let pair = 0; pair < rho.length; pair++, at++) result.data[at] = sums[pair * stride + i]! - rho[pair]!
  }
  return result
}
