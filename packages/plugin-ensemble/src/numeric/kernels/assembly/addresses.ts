/** Address of a float64 number in a block. */
export function numberAt(block: usize, index: i32): usize {
  return block + ((<usize>index) << 3)
}

/** Address of an entry of type T in a block. */
export function entryAt<T>(block: usize, index: i32): usize {
  return block + <usize>index * sizeof<T>()
}

/** Gradient and hessian of a row, float32 side by side in memory, as two float64 lanes. */
export function pairOf(pairs: usize, row: u32): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(pairs + ((<usize>row) << 3)))
}

/** The two lanes added. */
export function sumOf(lanes: v128): f64 {
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1)
}
