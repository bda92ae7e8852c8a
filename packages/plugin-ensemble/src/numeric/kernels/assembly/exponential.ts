/**
 * exp of two numbers between −708 and 709: a power of two times a Taylor polynomial of degree 13 on ±ln 2 / 2, to 3e-16 of its size.
 *
 * `exponential.ts` of the fallback loops does the same operations, for the same bits.
 */
export function exponential(x: v128): v128 {
  const n = f64x2.nearest(f64x2.mul(x, f64x2.splat(Math.LOG2E)))
  // ln 2 in two parts, so that the difference is exact to the last digit.
  let r = f64x2.sub(x, f64x2.mul(n, f64x2.splat(0.6931471803691238)))
  r = f64x2.sub(r, f64x2.mul(n, f64x2.splat(1.9082149292705877e-10)))
  let e = f64x2.splat(1.0 / 6227020800.0)
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 479001600.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 39916800.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 3628800.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 362880.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 40320.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 5040.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 720.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 120.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 24.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1.0 / 6.0))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(0.5))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1))
  e = f64x2.add(f64x2.mul(e, r), f64x2.splat(1))
  const exponent = i64x2.add(i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n)), i64x2.splat(1023))
  return f64x2.mul(e, i64x2.shl(exponent, 52))
}
