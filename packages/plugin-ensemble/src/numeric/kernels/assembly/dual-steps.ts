// The loops of the solver of kernel SVMs, over the rows that take part. All numbers are float64 but kernel values (float32) and row
// numbers (4 bytes). Where `count` is odd, one row more is read and its slope changed: the caller keeps a place for it.

/**
 * The row that lowers the objective most together with a first one, or −1: of those whose slope lies above `lowest` the one with the largest
 * (slope − lowest)² / curvature; of equals the last. `values` are the first row's kernel values and `own` the one with itself. `fallBias` is 0
 * where a row may be taken and −infinity elsewhere. `result` receives the highest slope.
 */
export function secondWeight(
  slopes: usize,
  fallBias: usize,
  diagonal: usize,
  rows: usize,
  values: usize,
  result: usize,
  count: i32,
  lowest: f64,
  own: f64,
): i32 {
  const lowestLanes = f64x2.splat(lowest)
  const ownLanes = f64x2.splat(own)
  const two = f64x2.splat(2)
  const zero = f64x2.splat(0)
  const leastCurvature = f64x2.splat(1e-12)
  let place = f64x2(0, 1)
  let mostGain = zero
  let best = f64x2.splat(-1)
  let highest = f64x2.splat(-Infinity)
  const stop = slopes + ((<usize>count) << 3)
  for (; slopes < stop; slopes += 16) {
    const slope = f64x2.add(v128.load(slopes), v128.load(fallBias))
    highest = f64x2.pmax(highest, slope)
    const violation = f64x2.sub(slope, lowestLanes)
    const mayGain = f64x2.gt(violation, zero)
    if (v128.any_true(mayGain)) {
      const value = f64x2.promote_low_f32x4(
        v128.load32_lane(
          values + ((<usize>load<u32>(rows, 4)) << 2),
          v128.load32_zero(values + ((<usize>load<u32>(rows)) << 2)),
          1,
        ),
      )
      const raw = f64x2.sub(f64x2.add(ownLanes, v128.load(diagonal)), f64x2.mul(two, value))
      const curvature = v128.bitselect(raw, leastCurvature, f64x2.gt(raw, zero))
      const gain = f64x2.div(f64x2.mul(violation, violation), curvature)
      const isBetter = v128.and(mayGain, f64x2.ge(gain, mostGain))
      mostGain = v128.bitselect(gain, mostGain, isBetter)
      best = v128.bitselect(place, best, isBetter)
    }
    place = f64x2.add(place, two)
    fallBias += 16
    diagonal += 16
    rows += 8
  }
  store<f64>(result, max(f64x2.extract_lane(highest, 0), f64x2.extract_lane(highest, 1)))
  return lastOf(f64x2.neg(mostGain), best)
}

/**
 * Adds what two weights have moved by to all slopes, and returns the row with the lowest slope of those that may rise (`riseBias` 0, else
 * infinity), or −1; of equals the last. `result` receives that slope.
 */
export function moveSlopes(
  slopes: usize,
  riseBias: usize,
  rows: usize,
  valuesOfI: usize,
  valuesOfJ: usize,
  result: usize,
  count: i32,
  moveI: f64,
  moveJ: f64,
): i32 {
  const two = f64x2.splat(2)
  const lanesI = f64x2.splat(moveI)
  const lanesJ = f64x2.splat(moveJ)
  let place = f64x2(0, 1)
  let lowest = f64x2.splat(f64.MAX_VALUE)
  let best = f64x2.splat(-1)
  const stop = slopes + ((<usize>count) << 3)
  for (; slopes < stop; slopes += 16) {
    const first = (<usize>load<u32>(rows)) << 2
    const second = (<usize>load<u32>(rows, 4)) << 2
    const ofI = f64x2.promote_low_f32x4(v128.load32_lane(valuesOfI + second, v128.load32_zero(valuesOfI + first), 1))
    const ofJ = f64x2.promote_low_f32x4(v128.load32_lane(valuesOfJ + second, v128.load32_zero(valuesOfJ + first), 1))
    const slope = f64x2.add(v128.load(slopes), f64x2.add(f64x2.mul(ofI, lanesI), f64x2.mul(ofJ, lanesJ)))
    v128.store(slopes, slope)
    const biased = f64x2.add(slope, v128.load(riseBias))
    const isLower = f64x2.le(biased, lowest)
    lowest = v128.bitselect(biased, lowest, isLower)
    best = v128.bitselect(place, best, isLower)
    place = f64x2.add(place, two)
    riseBias += 16
    rows += 8
  }
  store<f64>(result, min(f64x2.extract_lane(lowest, 0), f64x2.extract_lane(lowest, 1)))
  return lastOf(lowest, best)
}

/** out[t] += values[rows[t]] · weight. Where `count` is odd, one entry more is changed. */
export function addWeighted(out: usize, rows: usize, values: usize, count: i32, weight: f64): void {
  const lanes = f64x2.splat(weight)
  for (const stop = out + ((<usize>count) << 3); out < stop; out += 16) {
    const first = (<usize>load<u32>(rows)) << 2
    const second = (<usize>load<u32>(rows, 4)) << 2
    const value = f64x2.promote_low_f32x4(v128.load32_lane(values + second, v128.load32_zero(values + first), 1))
    v128.store(out, f64x2.add(v128.load(out), f64x2.mul(value, lanes)))
    rows += 8
  }
}

/** The place of the lower lane; of equals the later place. */
function lastOf(lanes: v128, places: v128): i32 {
  const a = f64x2.extract_lane(lanes, 0)
  const b = f64x2.extract_lane(lanes, 1)
  const first = f64x2.extract_lane(places, 0)
  const second = f64x2.extract_lane(places, 1)
  if (a == b) return <i32>max(first, second)
  return <i32>(a < b ? first : second)
}
