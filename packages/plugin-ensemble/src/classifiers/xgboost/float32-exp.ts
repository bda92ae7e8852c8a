const perOctave = 32
const fractions = Float64Array.from({ length: perOctave }, (_, i) => 2 ** (i / perOctave))
const lowest = -160
const powers = Float64Array.from({ length: 300 }, (_, i) => 2 ** (i + lowest))
const inverseStep = 2 ** -52 * 0x171547652b82fe * perOctave
const cubic = (0x1c6af84b912394 * 2 ** -57) / perOctave ** 3
const square = (0x1ebfce50fac4f3 * 2 ** -55) / perOctave ** 2
const linear = (0x162e42ff0c52d6 * 2 ** -53) / perOctave
/** Adding and subtracting this rounds to an integer, halves to even. */
const shift = 1.5 * 2 ** 52

/**
 * exp in float32, with the rounding of the C library that XGBoost is built on (not always the nearest float32).
 *
 * One gradient rounded differently grows into other trees a hundred rounds later, so the exponential is computed as there:
 * a table of 32 powers of two and a cubic, in float64, rounded once. Faster than `Math.exp` as well.
 *
 * @param x - A float32 number; results below 2⁻¹⁴⁹ are 0, above the range of float32 infinity.
 * @see glibc 2.28 and later, sysdeps/ieee754/flt-32/e_expf.c
 */
export function float32Exp(x: number): number {
  if (x < -104) return 0
  if (x > 89) return Infinity
  const scaled = inverseStep * x
  const rounded = scaled + shift - shift
  const rest = scaled - rounded
  const index = rounded & (perOctave - 1)
  const scale = fractions[index]! * powers[(rounded - index) / perOctave - lowest]!
  const high = cubic * rest + square
  return Math.fround((high * (rest * rest) + (linear * rest + 1)) * scale)
}
