import { choleskyInPlace, choleskySolve } from '../../numeric/linear-algebra/cholesky.js'
import { dot } from '../../numeric/linear-algebra/products.js'
import type { Matrix } from '../../numeric/linear-algebra/matrix.js'
import { exactStep } from './exact-step.js'

/** One two-class problem: rows with a column of ones appended, targets ±1, and what a unit of loss costs. */
export interface HingeProblem {
  /** `[numSamples, d]`, the last column all ones (so the intercept is penalised with the rest, as in liblinear). */
  readonly rows: Matrix
  /** ±1 per row. */
  readonly targets: Float64Array
  /** Cost of a row's loss, > 0. */
  readonly costs: Float64Array
  /** Relative size of the gradient at which to stop. */
  readonly tol: number
  readonly maxIter: number
}

/** Minimiser of a {@link HingeProblem}. */
export interface HingeSolution {
  readonly weights: Float64Array
  readonly numIterations: number
  readonly converged: boolean
}

/**
 * Minimises `½ w·w + Σ cᵢ max(0, 1 − tᵢ w·xᵢ)²` by Newton's method with an exact line search.
 *
 * The loss is quadratic between changes of the set of rows inside the margin, so the method ends at the exact minimiser
 * once that set settles. The Hessian is kept up to date by the rows that enter or leave the set.
 *
 * @param allRowsGram - `rowsᵀ · rows`, shared by the one-vs-rest problems; lower triangle is read.
 * @see Keerthi and DeCoste 2005, A modified finite Newton method for fast solution of large scale linear SVMs.
 */
export function minimiseSquaredHinge(problem: HingeProblem, allRowsGram: Matrix): HingeSolution {
  const { rows, targets, costs, tol, maxIter } = problem
  const { numSamples, numFeatures: d } = rows
  const weights = new Float64Array(d)
  const outputs = new Float64Array(numSamples)
  const gradient = new Float64Array(d)
  const active = new Float64Array(numSamples)
  const curvature = allRowsGram.data.slice()
  // Most rows are negative; those of another cost are brought up to date below.
  const usual = costs[Math.max(0, targets.indexOf(-1))]!
  for (let i = 0; i < curvature.length; i++) curvature[i]! *= usual
  active.fill(usual)
  let initialNorm = 0
  let positive = 0
  for (let i = 0; i < numSamples; i++) if (targets[i]! > 0) positive++
  const balance = Math.max(1, Math.min(positive, numSamples - positive)) / numSamples
  const factor = new Float64Array(d * d)
  const step = new Float64Array(d)
  const outputStep = new Float64Array(numSamples)
  for (let iteration = 0; ; iteration++) {
    const changed = updateActive(problem, outputs, active, curvature)
    fillGradient(problem, weights, outputs, gradient)
    const norm = Math.sqrt(dot(gradient, 0, gradient, 0, d))
    if (iteration === 0) initialNorm = norm
    const hasSettled = iteration > 0 && changed === 0 && norm <= 1e-10 * initialNorm
    if (norm <= tol * balance * initialNorm || hasSettled) return { weights, numIterations: iteration, converged: true }
    if (iteration === maxIter) return { weights, numIterations: iteration, converged: false }
    for (let i = 0; i < factor.length; i++) factor[i] = 2 * curvature[i]!
    for (let j = 0; j < d; j++) factor[j * d + j]! += 1
    if (!choleskyInPlace(factor, d)) return { weights, numIterations: iteration, converged: false }
    for (let j = 0; j < d; j++) step[j] = -gradient[j]!
    choleskySolve(factor, d, step)
    for (let i = 0; i < numSamples; i++) outputStep[i] = dot(rows.data, i * d, step, 0, d)
    const length = exactStep(problem, weights, step, outputs, outputStep)
    for (let j = 0; j < d; j++) weights[j]! += length * step[j]!
    for (let i = 0; i < numSamples; i++) outputs[i]! += length * outputStep[i]!
  }
}

/** Brings the set of rows inside the margin and its cost-weighted Gram matrix up to date; returns how many changed. */
function updateActive(
  problem: HingeProblem,
  outputs: Float64Array,
  active: Float64Array,
  curvature: Float64Array,
): number {
  const { rows, targets, costs } = problem
  const d = rows.numFeatures
  const x = rows.data
  let changed = 0
  for (let i = 0; i < targets.length; i++) {
    const cost = targets[i]! * outputs[i]! < 1 ? costs[i]! : 0
    const delta = cost - active[i]!
    if (delta === 0) continue
    changed++
    active[i] = cost
    const at = i * d
    for (let p = 0; p < d; p++) {
      const scaled = delta * x[at + p]!
      if (scaled === 0) continue
      const base = p * d
      for (let q = 0; q <= p; q++) curvature[base + q]! += scaled * x[at + q]!
    }
  }
  return changed
}

function fillGradient(
  problem: HingeProblem,
  weights: Float64Array,
  outputs: Float64Array,
  gradient: Float64Array,
): void {
  const { rows, targets, costs } = problem
  const d = rows.numFeatures
  gradient.set(weights)
  for (let i = 0; i < targets.length; i++) {
    const slack = targets[i]! - outputs[i]!
    if (slack * targets[i]! <= 0) continue
    const scale = -2 * costs[i]! * slack
    const at = i * d
    for (let j = 0; j < d; j++) gradient[j]! += scale * rows.data[at + j]!
  }
}
