/** A smooth convex function to be minimised. */
export interface ConvexProblem {
  value(v: Float64Array): number
  /** Gradient at `v`, and products with the Hessian there. */
  at(v: Float64Array): {
    readonly gradient: Float64Array
    readonly hessianTimes: (u: Float64Array) => Float64Array
  }
}

/**
 * The minimum of a convex function, by Newton steps that conjugate gradients solve and a halving line search guards.
 *
 * @param start - Where to begin; left alone.
 * @param tolerance - Ends when no entry of the gradient is larger than this.
 * @see Nocedal and Wright 2006, Numerical Optimization, algorithm 7.1 (line search Newton–CG).
 */
export function minimizeNewton(problem: ConvexProblem, start: Float64Array, tolerance: number): Float64Array {
  let v: Float64Array = start.slice()
  let value = problem.value(v)
  for (let iteration = 0; iteration < 200; iteration++) {
    const { gradient, hessianTimes } = problem.at(v)
    const worst = gradient.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0)
    if (worst <= tolerance) break
    const step = solve(hessianTimes, gradient)
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
  }
  return v
}

/** Conjugate gradients for `H step = −gradient`; stops early far from the minimum, where accuracy does not pay. */
function solve(hessianTimes: (u: Float64Array) => Float64Array, gradient: Float64Array): Float64Array {
  const step = new Float64Array(gradient.length)
  const residual = gradient.slice()
  const direction = gradient.map((entry) => -entry)
  let size = dot(residual, residual)
  const target = size * Math.min(0.25, size) * 1e-4
  for (let iteration = 0; iteration < 10 * gradient.length && size > target; iteration++) {
    const product = hessianTimes(direction)
    const curvature = dot(direction, product)
    // Flat direction (all intercepts alike): nothing is gained along it.
    if (curvature <= 1e-300) break
    const alpha = size / curvature
    for (let j = 0; j < step.length; j++) {
      step[j]! += alpha * direction[j]!
      residual[j]! += alpha * product[j]!
    }
    const nextSize = dot(residual, residual)
    for (let j = 0; j < step.length; j++) direction[j] = -residual[j]! + (nextSize / size) * direction[j]!
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
