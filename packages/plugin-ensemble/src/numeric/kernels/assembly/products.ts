// Work in parts: a part writes where no other does.
import { numberAt } from './addresses'
import { block } from './block'
import { tanhSum } from './tanh-sum'

/** Inner length of one pass, short enough for the rows in use to stay in the processor's cache. */
const panel: i32 = 512

/** `size` columns of a · aᵀ for `[m, d]`, down to the diagonal at least. */
export function gramPart(part: i32, a: usize, out: usize, m: i32, d: i32, size: i32): void {
  const first = part * size
  const last = min(m, first + size)
  for (let from = 0; from < d; from += panel) block(a, a, out, m, m, d, from, min(d, from + panel), true, first, last)
}

/** `size` rows of a · bᵀ for `[m, d]` and `[n, d]`. */
export function productsPart(part: i32, a: usize, b: usize, out: usize, m: i32, n: i32, d: i32, size: i32): void {
  const first = part * size
  const count = min(size, m - first)
  const rows = numberAt(a, first * d)
  const target = numberAt(out, first * n)
  for (let from = 0; from < d; from += panel)
    block(rows, b, target, count, n, d, from, min(d, from + panel), false, 0, n)
}

/**
 * One panel of `size` samples of a FastICA step. `rows` are the white rows, `columns` their transpose panel by panel; each part writes its own
 * sources, products and slopes.
 */
export function icaPart(
  part: i32,
  w: usize,
  rows: usize,
  columns: usize,
  sources: usize,
  products: usize,
  slopes: usize,
  width: i32,
  length: i32,
  size: i32,
): void {
  const count = min(size, length - part * size)
  const skip = part * size * width
  const ownSources = numberAt(sources, skip)
  const ownProducts = numberAt(products, part * width * width)
  const ownSlopes = numberAt(slopes, part * width)
  memory.fill(ownSources, 0, (<usize>(count * width)) << 3)
  memory.fill(ownProducts, 0, (<usize>(width * width)) << 3)
  block(w, numberAt(rows, skip), ownSources, width, count, width, 0, width, false, 0, count)
  for (let i = 0; i < width; i++) store<f64>(numberAt(ownSlopes, i), tanhSum(numberAt(ownSources, i * count), count))
  block(ownSources, numberAt(columns, skip), ownProducts, width, width, count, 0, count, false, 0, width)
}
