/** `sum + weight · value`, not fused. */
export function addWeighted(sum: v128, weight: v128, value: v128): v128 {
  return f64x2.add(sum, f64x2.mul(weight, value))
}

/** Two float64 of the first two of four 32-bit integers. */
export function firstTwo(integers: v128): v128 {
  return f64x2.convert_low_i32x4_s(integers)
}

/** Two float64 of the last two of four 32-bit integers. */
export function lastTwo(integers: v128): v128 {
  return f64x2.convert_low_i32x4_s(i64x2.shuffle(integers, integers, 1, 1))
}

/** Rounds halves to even: in the low 32 bits of each lane then stands the integer. */
export function rounded(sum: v128): v128 {
  return f64x2.add(sum, f64x2(6755399441055744, 6755399441055744))
}

/** The 32-bit integers of `a`, then `b`, clamped to bytes: the first eight of the result. */
export function clamped(a: v128, b: v128): v128 {
  const words = i16x8.narrow_i32x4_s(a, b)
  return i8x16.narrow_i16x8_u(words, words)
}
