import { exponential } from './exponential'

/**
 * out[i] = exp(−gamma · Σ (bank[i, k] − query[k])²) for `[n, d]`, all float64, n a multiple of 4 and d even (the caller pads).
 *
 * By differences, so that equal rows give exactly 1; even and odd k are added apart.
 */
export function gaussian(bank: usize, query: usize, out: usize, n: i32, d: i32, gamma: f64): void {
  const rowBytes = (<usize>d) << 3
  const scale = f64x2.splat(-gamma)
  let target = out
  for (let i = 0; i < n; i += 4) {
    let p0 = bank
    let p1 = p0 + rowBytes
    let p2 = p1 + rowBytes
    let p3 = p2 + rowBytes
    let s0 = f64x2.splat(0)
    let s1 = f64x2.splat(0)
    let s2 = f64x2.splat(0)
    let s3 = f64x2.splat(0)
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const x = v128.load(query + k)
      const d0 = f64x2.sub(x, v128.load(p0))
      const d1 = f64x2.sub(x, v128.load(p1))
      const d2 = f64x2.sub(x, v128.load(p2))
      const d3 = f64x2.sub(x, v128.load(p3))
      s0 = f64x2.add(s0, f64x2.mul(d0, d0))
      s1 = f64x2.add(s1, f64x2.mul(d1, d1))
      s2 = f64x2.add(s2, f64x2.mul(d2, d2))
      s3 = f64x2.add(s3, f64x2.mul(d3, d3))
      p0 += 16
      p1 += 16
      p2 += 16
      p3 += 16
    }
    bank += rowBytes << 2
    v128.store(target, f64x2.mul(sumsOf(s0, s1), scale))
    v128.store(target, f64x2.mul(sumsOf(s2, s3), scale), 16)
    target += 32
  }
  // In a pass of its own, in which the processor works on several exponentials at a time.
  const least = f64x2.splat(-708)
  for (let at = out; at < target; at += 16) v128.store(at, exponential(f64x2.max(v128.load(at), least)))
}

/** Sum of the lanes of each. */
function sumsOf(a: v128, b: v128): v128 {
  return f64x2.add(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3))
}
