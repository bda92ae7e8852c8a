import { choleskyInPlace, choleskySolve } from '../../numeric/linear-algebra/cholesky.js'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { multiplyVector } from '../../numeric/linear-algebra/products.js'
import { rootOfSlope } from './exact-step.js'
import type { HingeProblem, HingeSolution } from './squared-hinge.js'

/**
 * {@link minimiseSquaredHinge} for fewer rows than columns: Newton over one coefficient a row, `w = Σ βᵢ xᵢ`.
 *
 * Costs the cube of the rows inside the margin instead of the cube of the columns.
 *
 * @param rowProducts - `rows · rowsᵀ`.
 * @see Chapelle 2007, Training a support vector machine in the primal, 3.
 */
export function minimiseSquaredHingeByRows(problem: HingeProblem, rowProducts: Matrix): HingeSolution {
  const { rows, targets, costs, tol, maxIter } = problem
  const n = rows.numSamples
  let beta = new Float64Array(n)
  let outputs = new Float64Array(n)
  let previous = ''
  for (let iteration = 1; ; iteration++) {
    const active = inside(problem, outputs)
    const goal = solveActive(problem, rowProducts, active)
    const goalOutputs = multiplyVector(rowProducts, goal)
    const step = goal.map((value, i) => value - beta[i]!)
    const outputStep = goalOutputs.map((value, i) => value - outputs[i]!)
    let along = 0
    let square = 0
    for (let i = 0; i < n; i++) {
      along += beta[i]! * outputStep[i]!
      square += step[i]! * outputStep[i]!
    }
    const size = outputStep.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const set = active.join()
    const settled = size <= Math.min(tol, 1e-9) || set === previous
    const length = settled ? 1 : rootOfSlope({ targets, costs }, along, square, outputs, outputStep)
    beta = beta.map((value, i) => value + length * step[i]!)
    outputs = outputs.map((value, i) => value + length * outputStep[i]!)
    previous = length === 1 && inside(problem, outputs).join() === set ? set : ''
    if (settled || previous !== '' || iteration === maxIter) {
      return { weights: combine(rows, beta), numIterations: iteration, converged: settled || previous !== '' }
    }
  }
}

function inside(problem: HingeProblem, outputs: Float64Array): number[] {
  const active: number[] = []
  for (let i = 0; i < outputs.length; i++) if (problem.targets[i]! * outputs[i]! < 1) active.push(i)
  return active
}

/** Solves `(K + diag(1 / 2c)) β = t` on the active rows. */
function solveActive(problem: HingeProblem, rowProducts: Matrix, active: readonly number[]): Float64Array {
  const m = active.length
  const n = rowProducts.numSamples
  const system = new Float64Array(m * m)
  const solution = new Float64Array(m)
  for (let p = 0; p < m; p++) {
    const from = active[p]! * n
    for (let q = 0; q <= p; q++) system[p * m + q] = rowProducts.data[from + active[q]!]!
    system[p * m + p]! += 1 / (2 * problem.costs[active[p]!]!)
    solution[p] = problem.targets[active[p]!]!
  }
  const beta = new Float64Array(n)
  if (choleskyInPlace(system, m)) choleskySolve(system, m, solution)
  active.forEach((i, p) => {
    beta[i] = solution[p]!
  })
  return beta
}

function combine(rows: Matrix, beta: Float64Array): Float64Array {
  const d = rows.numFeatures
  const weights = new Float64Array(d)
  for (let i = 0; i < beta.length; i++) {
    if (beta[i] === 0) continue
    for (let j = 0; j < d; j++) weights[j]! += beta[i]! * rows.data[i * d + j]!
  }
  return weights
}
