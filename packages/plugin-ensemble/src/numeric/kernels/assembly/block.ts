import { numberAt, sumOf } from './addresses'

/**
 * out[i, j] += Σ a[i, k] · b[j, k] over from ≤ k < to, for i < m and jFrom ≤ j < jTo, all float64; `isLower`: only tiles that reach i ≥ j.
 *
 * In tiles of 2 × 4 with two lanes along k: even and odd k are added apart. m is even, n, jFrom and jTo are multiples of 4, to − from is even
 * (the caller pads). Not unrolled further: V8 then runs out of registers, and is slower.
 */
export function block(
  a: usize,
  b: usize,
  out: usize,
  m: i32,
  n: i32,
  d: i32,
  from: i32,
  to: i32,
  isLower: bool,
  jFrom: i32,
  jTo: i32,
): void {
  const rowBytes = (<usize>d) << 3
  for (let j = jFrom; j < jTo; j += 4) {
    for (let i = isLower ? j : 0; i < m; i += 2) {
      let p0 = numberAt(a, i * d + from)
      let p1 = p0 + rowBytes
      let q0 = numberAt(b, j * d + from)
      let q1 = q0 + rowBytes
      let q2 = q1 + rowBytes
      let q3 = q2 + rowBytes
      let s00 = f64x2.splat(0)
      let s01 = f64x2.splat(0)
      let s02 = f64x2.splat(0)
      let s03 = f64x2.splat(0)
      let s10 = f64x2.splat(0)
      let s11 = f64x2.splat(0)
      let s12 = f64x2.splat(0)
      let s13 = f64x2.splat(0)
      for (let k = from; k < to; k += 2) {
        const x0 = v128.load(p0)
        const x1 = v128.load(p1)
        const y0 = v128.load(q0)
        const y1 = v128.load(q1)
        const y2 = v128.load(q2)
        const y3 = v128.load(q3)
        s00 = f64x2.add(s00, f64x2.mul(x0, y0))
        s01 = f64x2.add(s01, f64x2.mul(x0, y1))
        s02 = f64x2.add(s02, f64x2.mul(x0, y2))
        s03 = f64x2.add(s03, f64x2.mul(x0, y3))
        s10 = f64x2.add(s10, f64x2.mul(x1, y0))
        s11 = f64x2.add(s11, f64x2.mul(x1, y1))
        s12 = f64x2.add(s12, f64x2.mul(x1, y2))
        s13 = f64x2.add(s13, f64x2.mul(x1, y3))
        p0 += 16
        p1 += 16
        q0 += 16
        q1 += 16
        q2 += 16
        q3 += 16
      }
      const first = numberAt(out, i * n + j)
      store<f64>(first, load<f64>(first) + sumOf(s00))
      store<f64>(first, load<f64>(first, 8) + sumOf(s01), 8)
      store<f64>(first, load<f64>(first, 16) + sumOf(s02), 16)
      store<f64>(first, load<f64>(first, 24) + sumOf(s03), 24)
      const second = numberAt(first, n)
      store<f64>(second, load<f64>(second) + sumOf(s10))
      store<f64>(second, load<f64>(second, 8) + sumOf(s11), 8)
      store<f64>(second, load<f64>(second, 16) + sumOf(s12), 16)
      store<f64>(second, load<f64>(second, 24) + sumOf(s13), 24)
    }
  }
}
