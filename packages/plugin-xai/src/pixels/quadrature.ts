/** Points of the unit interval at which a function is looked at, and what each weighs in its integral. */
export interface Quadrature {
  /** In (0, 1), ascending. */
  readonly shares: Float64Array
  /** Positive; they sum to 1. */
  readonly weights: Float64Array
}

/** A quadrature of as many points as are asked for. */
export type QuadratureRule = (numPoints: number) => Quadrature

/** Middles of equal stretches. Errs by the square of their width, and hardly more where the function has a kink, as a network of rectifiers has. */
export const midpointRule: QuadratureRule = (numPoints) => ({
  shares: Float64Array.from({ length: numPoints }, (_, k) => (k + 0.5) / numPoints),
  weights: new Float64Array(numPoints).fill(1 / numPoints),
})

/**
 * Roots of the Legendre polynomial: exact for polynomials up to degree 2n − 1, so few points do for a smooth function; a kink costs it more than midpoints.
 * Captum's default (`gausslegendre`).
 *
 * The roots are found by Newton's method from Tricomi's estimate, to the last bit or two.
 */
export const gaussLegendreRule: QuadratureRule = (numPoints) => {
  const [shares, weights] = [new Float64Array(numPoints), new Float64Array(numPoints)]
  for (let k = 0; k < numPoints; k++) {
    let x = -Math.cos((Math.PI * (k + 0.75)) / (numPoints + 0.5))
    for (let move = 1, turn = 0; Math.abs(move) > 1e-15 && turn < 20; turn++) {
      const { value, slope } = legendre(numPoints, x)
      move = value / slope
      x -= move
    }
    const { slope } = legendre(numPoints, x)
    shares[k] = (1 + x) / 2
    weights[k] = 1 / ((1 - x * x) * slope * slope)
  }
  return { shares, weights }
}

/** Value and derivative of the Legendre polynomial of a degree, by its recurrence. */
function legendre(degree: number, x: number): { readonly value: number; readonly slope: number } {
  let [before, value] = [0, 1]
  for (let n = 1; n <= degree; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n]
  return { value, slope: (degree * (before - x * value)) / (1 - x * x) }
}
