/** A smooth convex function to be minimised. */
export interface ConvexProblem {
  value(v: Float64Array): number
  /** Gradient at `v`, products with the Hessian there, and the Hessian's diagonal, ≥ 0. */
  at(v: Float64Array): LocalShape
}

/** See {@link ConvexProblem.at}. */
export interface LocalShape {
  readonly gradient: Float64Array
  readonly hessianTimes: (u: Float64Array) => Float64Array
  readonly curvatures: Float64Array
}

/**
 * The minimum of a convex function, by Newton steps that conjugate gradients solve and a halving line search guards.
 *
 * The Hessian's diagonal preconditions them, so parameters may have very different scales.
 *
 * @param start - Where to begin; left alone.
 * @param tolerance - Ends when no entry of the gradient is larger than this, or when a step could gain only rounding.
 * @see Nocedal and Wright 2006, Numerical Optimization, algorithms 7.1 (line search Newton–CG) and 5.3 (preconditioning).
 */
export function minimizeNewton(problem: ConvexProblem, start: Float64Array, tolerance: number): Float64Array {
  let v: Float64Array = start.slice()
  let value = problem.value(v)
  for (let iteration = 0; iteration < 200; iteration++) {
    const shape = problem.at(v)
    const { gradient } = shape
    const worst = gradient.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0)
    if (worst <= tolerance) break
    const step = solve(shape)
    const slope = dot(gradient, step)
    let length = 1
    let next = plus(v, length, step)
    let nextValue = problem.value(next)
    // The last term lets steps through that are lost in the rounding of the value.
    while (nextValue > value + 1e-4 * length * slope + 1e-14 * Math.abs(value) && length > 1e-10) {
      length /= 2
      next = plus(v, length, step)
      nextValue = problem.value(next)
    }
    if (length <= 1e-10) break
    v = next
    value = nextValue
    if (-slope <= 1e-22 * Math.abs(value)) break
  }
  return v
}

/** Conjugate gradients for `H step = −gradient`; stops early far from the minimum, where accuracy does not pay. */
function solve({ gradient, hessianTimes, curvatures }: LocalShape): Float64Array {
  const least = 1e-12 * curvatures.reduce((most, value) => Math.max(most, value), Number.MIN_VALUE)
  const scales = curvatures.map((value) => 1 / Math.max(value, least))
  const step = new Float64Array(gradient.length)
  const residual = gradient.slice()
  const direction = gradient.map((entry, j) => -entry * scales[j]!)
  let size = -dot(residual, direction)
  // Residuals fall to a share that itself falls with the gradient, so the last steps are full Newton steps.
  const target = size * Math.min(1e-2, size / 4)
  for (let iteration = 0; iteration < 10 * gradient.length && size > target; iteration++) {
    const product = hessianTimes(direction)
    const curvature = dot(direction, product)
    // Flat direction: nothing is gained along it.
    if (curvature <= 1e-300) break
    const alpha = size / curvature
    let nextSize = 0
    for (let j = 0; j < step.length; j++) {
      step[j]! += alpha * direction[j]!
      residual[j]! += alpha * product[j]!
      nextSize += residual[j]! * residual[j]! * scales[j]!
    }
    const share = nextSize / size
    for (let j = 0; j < step.length; j++) direction[j] = share * direction[j]! - residual[j]! * scales[j]!
    size = nextSize
  }
  return step
}

function plus(v: Float64Array, length: number, step: Float64Array): Float64Array {
  return v.map((entry, j) => entry + length * step[j]!)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!
  return sum
}
