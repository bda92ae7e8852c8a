// The two loops of Householder's reduction, over the lower triangle of a symmetric [d, d] matrix by rows.
import { numberAt, sumOf } from './addresses'

/** p = A x for the leading k × k block. */
export function lowerTimes(a: usize, d: i32, k: i32, x: usize, p: usize): void {
  memory.fill(p, 0, (<usize>k) << 3)
  for (let i = 0; i < k; i++) {
    const xi = load<f64>(numberAt(x, i))
    const lanes = f64x2.splat(xi)
    let sum = f64x2.splat(0)
    let rest: f64 = 0
    let row = numberAt(a, i * d)
    let q = x
    let t = p
    const stop = numberAt(row, i & -2)
    for (; row < stop; row += 16) {
      const value = v128.load(row)
      sum = f64x2.add(sum, f64x2.mul(value, v128.load(q)))
      v128.store(t, f64x2.add(v128.load(t), f64x2.mul(value, lanes)))
      q += 16
      t += 16
    }
    if (i & 1) {
      const value = load<f64>(row)
      rest = value * load<f64>(q)
      store<f64>(t, load<f64>(t) + value * xi)
      row += 8
    }
    rest += sumOf(sum)
    rest += load<f64>(row) * xi
    const own = numberAt(p, i)
    store<f64>(own, load<f64>(own) + rest)
  }
}

/** Takes x pᵀ + p xᵀ off the leading k × k block. */
export function rankTwo(a: usize, d: i32, k: i32, x: usize, p: usize): void {
  for (let i = 0; i < k; i++) {
    const xi = load<f64>(numberAt(x, i))
    const pi = load<f64>(numberAt(p, i))
    const xLanes = f64x2.splat(xi)
    const pLanes = f64x2.splat(pi)
    let row = numberAt(a, i * d)
    let q = x
    let t = p
    const stop = numberAt(row, (i + 1) & -2)
    for (; row < stop; row += 16) {
      const change = f64x2.add(f64x2.mul(xLanes, v128.load(t)), f64x2.mul(pLanes, v128.load(q)))
      v128.store(row, f64x2.sub(v128.load(row), change))
      q += 16
      t += 16
    }
    if ((i + 1) & 1) store<f64>(row, load<f64>(row) - (xi * load<f64>(t) + pi * load<f64>(q)))
  }
}
