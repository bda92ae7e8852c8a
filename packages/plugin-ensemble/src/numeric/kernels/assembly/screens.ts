// Rough distances of many rows at once, all float32: for finding out quickly which rows are certainly not near.

/** out[i] = Σ |bank[i, k] − query[k]| for `[n, d]`, d a multiple of 4. */
export function screenL1(bank: usize, query: usize, out: usize, n: i32, d: i32): void {
  const rowBytes = (<usize>d) << 2
  for (let i = 0; i < n; i++) {
    let sum = f32x4.splat(0)
    let q = query
    for (const stop = bank + rowBytes; bank < stop; bank += 16) {
      sum = f32x4.add(sum, f32x4.abs(f32x4.sub(v128.load(bank), v128.load(q))))
      q += 16
    }
    store<f32>(out, sumOfFour(sum))
    out += 4
  }
}

/** out[i] = Σ (bank[i, k] − query[k])² for `[n, d]`, d a multiple of 4. */
export function screenL2(bank: usize, query: usize, out: usize, n: i32, d: i32): void {
  const rowBytes = (<usize>d) << 2
  for (let i = 0; i < n; i++) {
    let sum = f32x4.splat(0)
    let q = query
    for (const stop = bank + rowBytes; bank < stop; bank += 16) {
      const difference = f32x4.sub(v128.load(bank), v128.load(q))
      sum = f32x4.add(sum, f32x4.mul(difference, difference))
      q += 16
    }
    store<f32>(out, sumOfFour(sum))
    out += 4
  }
}

function sumOfFour(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3))
  )
}
