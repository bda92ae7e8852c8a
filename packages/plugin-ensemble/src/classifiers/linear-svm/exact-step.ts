import { dot } from '../../numeric/linear-algebra/products.js'

/** What the line search reads of a squared-hinge problem. */
interface Losses {
  readonly targets: Float64Array
  readonly costs: Float64Array
}

/**
 * The step length along `step` with the least squared-hinge objective.
 *
 * The slope along the line is continuous, increasing and piecewise linear, so bracketed Newton finds its root.
 *
 * @param outputs - `w·x` of each row at length 0; `outputStep` is its change at length 1.
 */
export function exactStep(
  problem: Losses,
  weights: Float64Array,
  step: Float64Array,
  outputs: Float64Array,
  outputStep: Float64Array,
): number {
  return rootOfSlope(
    problem,
    dot(weights, 0, step, 0, step.length),
    dot(step, 0, step, 0, step.length),
    outputs,
    outputStep,
  )
}

/** Root of `along + t · square + Σ` of the losses' slopes, from t = 1. */
export function rootOfSlope(
  { targets, costs }: Losses,
  along: number,
  square: number,
  outputs: Float64Array,
  outputStep: Float64Array,
): number {
  let low = 0
  let high = Infinity
  let t = 1
  for (let iteration = 0; iteration < 60; iteration++) {
    let slope = along + t * square
    let curvature = square
    for (let i = 0; i < targets.length; i++) {
      const slack = targets[i]! - outputs[i]! - t * outputStep[i]!
      if (slack * targets[i]! <= 0) continue
      slope -= 2 * costs[i]! * slack * outputStep[i]!
      curvature += 2 * costs[i]! * outputStep[i]! * outputStep[i]!
    }
    if (slope > 0) high = t
    else low = t
    const newton = t - slope / curvature
    const next = newton > low && newton < high ? newton : high === Infinity ? 2 * t : (low + high) / 2
    if (Math.abs(next - t) <= 1e-15 * t) return next
    t = next
  }
  return t
}
