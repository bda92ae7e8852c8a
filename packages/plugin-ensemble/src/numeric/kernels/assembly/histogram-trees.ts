// Histograms of gradients over binned columns. A histogram has `stride` bins a column, each two float64 numbers: gradient, hessian.
import { entryAt, pairOf } from './addresses'
import { floorOf, gainOf, isBelowFloor } from './cuts'

/** Bytes of one bin of a histogram. */
const binBytes: usize = 16

/** Counts rows [start, end) in, for bins of one byte. */
export function addRows8(
  histogram: usize,
  bins: usize,
  rows: usize,
  pairs: usize,
  n: i32,
  d: i32,
  stride: i32,
  start: i32,
  end: i32,
): void {
  addRows<u8>(histogram, bins, rows, pairs, n, d, stride, start, end)
}

/** Counts rows [start, end) in, for bins of two bytes. */
export function addRows16(
  histogram: usize,
  bins: usize,
  rows: usize,
  pairs: usize,
  n: i32,
  d: i32,
  stride: i32,
  start: i32,
  end: i32,
): void {
  addRows<u16>(histogram, bins, rows, pairs, n, d, stride, start, end)
}

/** Counts rows [start, end) out, for bins of one byte. */
export function removeRows8(
  histogram: usize,
  bins: usize,
  rows: usize,
  pairs: usize,
  n: i32,
  d: i32,
  stride: i32,
  start: i32,
  end: i32,
): void {
  removeRows<u8>(histogram, bins, rows, pairs, n, d, stride, start, end)
}

/** Counts rows [start, end) out, for bins of two bytes. */
export function removeRows16(
  histogram: usize,
  bins: usize,
  rows: usize,
  pairs: usize,
  n: i32,
  d: i32,
  stride: i32,
  start: i32,
  end: i32,
): void {
  removeRows<u16>(histogram, bins, rows, pairs, n, d, stride, start, end)
}

function addRows<Bin>(
  histogram: usize,
  column: usize,
  rows: usize,
  pairs: usize,
  n: i32,
  d: i32,
  stride: i32,
  start: i32,
  end: i32,
): void {
  const stop = entryAt<u32>(rows, end)
  for (let j = 0; j < d; j++) {
    for (let r = entryAt<u32>(rows, start); r < stop; r += 4) {
      const row = load<u32>(r)
      const at = histogram + <usize>load<Bin>(entryAt<Bin>(column, row)) * binBytes
      v128.store(at, f64x2.add(v128.load(at), pairOf(pairs, row)))
    }
    histogram += <usize>stride * binBytes
    column += <usize>n * sizeof<Bin>()
  }
}

function removeRows<Bin>(
  histogram: usize,
  column: usize,
  rows: usize,
  pairs: usize,
  n: i32,
  d: i32,
  stride: i32,
  start: i32,
  end: i32,
): void {
  const stop = entryAt<u32>(rows, end)
  for (let j = 0; j < d; j++) {
    for (let r = entryAt<u32>(rows, start); r < stop; r += 4) {
      const row = load<u32>(r)
      const at = histogram + <usize>load<Bin>(entryAt<Bin>(column, row)) * binBytes
      v128.store(at, f64x2.sub(v128.load(at), pairOf(pairs, row)))
    }
    histogram += <usize>stride * binBytes
    column += <usize>n * sizeof<Bin>()
  }
}

/** Takes the float64 numbers of b off those of a. */
export function subtract(a: usize, b: usize, bytes: usize): void {
  for (const stop = a + bytes; a < stop; a += 16) {
    v128.store(a, f64x2.sub(v128.load(a), v128.load(b)))
    b += 16
  }
}

/** Sets bytes to 0. */
export function clear(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes)
}

/**
 * The column of the best cut between two bins, or −1. `numBins` are the bins of each column (i32). `result` receives the first bin to the
 * right of the cut and, float32, the gain. Sums are those of the left.
 */
export function histogramCut(
  histogram: usize,
  numBins: usize,
  result: usize,
  d: i32,
  stride: i32,
  sumG: f64,
  sumH: f64,
  nodeGain: f32,
  lambda: f64,
  minChildWeight: f64,
  leastGain: f32,
): i32 {
  let best = leastGain
  let feature = -1
  let floor = floorOf(best, nodeGain)
  for (let j = 0; j < d; j++) {
    let g: f64 = 0
    let h: f64 = 0
    let at = histogram
    const last = histogram + <usize>(load<i32>(numBins) - 1) * binBytes
    while (at < last) {
      g += load<f64>(at)
      h += load<f64>(at, 8)
      at += binBytes
      if (h < minChildWeight) continue
      const hOther = sumH - h
      if (hOther < minChildWeight) break
      const gOther = sumG - g
      if (isBelowFloor(g, h, gOther, hOther, lambda, floor)) continue
      const gain = gainOf(g, h, gOther, hOther, lambda, nodeGain)
      if (gain <= best) continue
      best = gain
      feature = j
      floor = floorOf(best, nodeGain)
      store<i32>(result, <i32>((at - histogram) / binBytes))
    }
    numBins += 4
    histogram += <usize>stride * binBytes
  }
  store<f32>(result, best, 4)
  return feature
}

/**
 * {@link histogramCut} of a few rows, looking only at bins that have some, for bins of one byte. `scratch` is one column's histogram and
 * `flags` a byte for each of its bins (a multiple of 8); both are zero before and after.
 */
export function rowsCut8(
  bins: usize,
  rows: usize,
  pairs: usize,
  scratch: usize,
  flags: usize,
  result: usize,
  n: i32,
  d: i32,
  flagBytes: i32,
  start: i32,
  end: i32,
  sumG: f64,
  sumH: f64,
  nodeGain: f32,
  lambda: f64,
  minChildWeight: f64,
  leastGain: f32,
): i32 {
  return rowsCut<u8>(bins, rows, pairs, scratch, flags, result, n, d, flagBytes, start, end, sumG, sumH, nodeGain, lambda, minChildWeight, leastGain) // prettier-ignore
}

/** {@link rowsCut8} for bins of two bytes. */
export function rowsCut16(
  bins: usize,
  rows: usize,
  pairs: usize,
  scratch: usize,
  flags: usize,
  result: usize,
  n: i32,
  d: i32,
  flagBytes: i32,
  start: i32,
  end: i32,
  sumG: f64,
  sumH: f64,
  nodeGain: f32,
  lambda: f64,
  minChildWeight: f64,
  leastGain: f32,
): i32 {
  return rowsCut<u16>(bins, rows, pairs, scratch, flags, result, n, d, flagBytes, start, end, sumG, sumH, nodeGain, lambda, minChildWeight, leastGain) // prettier-ignore
}

function rowsCut<Bin>(
  column: usize,
  rows: usize,
  pairs: usize,
  scratch: usize,
  flags: usize,
  result: usize,
  n: i32,
  d: i32,
  flagBytes: i32,
  start: i32,
  end: i32,
  sumG: f64,
  sumH: f64,
  nodeGain: f32,
  lambda: f64,
  minChildWeight: f64,
  leastGain: f32,
): i32 {
  let best = leastGain
  let feature = -1
  let floor = floorOf(best, nodeGain)
  const stop = entryAt<u32>(rows, end)
  const lastFlags = flags + <usize>flagBytes - 8
  for (let j = 0; j < d; j++) {
    for (let r = entryAt<u32>(rows, start); r < stop; r += 4) {
      const row = load<u32>(r)
      const bin = <usize>load<Bin>(entryAt<Bin>(column, row))
      const at = scratch + bin * binBytes
      v128.store(at, f64x2.add(v128.load(at), pairOf(pairs, row)))
      store<u8>(flags + bin, 1)
    }
    column += <usize>n * sizeof<Bin>()
    let g: f64 = 0
    let h: f64 = 0
    let below = -1
    let isDone = false
    // Not before the first bin that has rows.
    let isLooking = false
    let word = flags - 8
    while (word < lastFlags) {
      word += 8
      let set = load<u64>(word)
      if (set == 0) continue
      store<u64>(word, 0)
      do {
        const bin = <i32>(ctz(set) >> 3) + <i32>(word - flags)
        const at = scratch + <usize>bin * binBytes
        set &= set - 1
        // A cut lies above the bin before this one; the sums are those up to there.
        if (isLooking && !(h < minChildWeight)) {
          const hOther = sumH - h
          if (hOther < minChildWeight) isDone = true
          else {
            const gOther = sumG - g
            if (!isBelowFloor(g, h, gOther, hOther, lambda, floor)) {
              const gain = gainOf(g, h, gOther, hOther, lambda, nodeGain)
              if (!(gain <= best)) {
                best = gain
                feature = j
                floor = floorOf(best, nodeGain)
                store<i32>(result, below + 1)
              }
            }
          }
        }
        isLooking = !isDone
        g += load<f64>(at)
        h += load<f64>(at, 8)
        v128.store(at, i64x2.splat(0))
        below = bin
      } while (set != 0)
    }
  }
  store<f32>(result, best, 4)
  return feature
}
