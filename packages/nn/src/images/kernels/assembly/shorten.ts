import { addWeighted, clamped, firstTwo, lastTwo, rounded } from './lanes'

/**
 * Target rows from the narrowed ones, eight bytes at a time; up to seven bytes after a row are written, then overwritten by the next.
 *
 * `spans` holds first row and number of weights of each target row.
 */
export function shorten(
  source: usize,
  sourcePitch: usize,
  spans: usize,
  weights: usize,
  height: i32,
  out: usize,
  rowLength: usize,
): void {
  const lastSpan = spans + ((<usize>height) << 3)
  let rowWeights = weights
  let row = out
  for (let span = spans; span < lastSpan; span += 8) {
    const first = source + <usize>load<u32>(span) * sourcePitch
    const end = rowWeights + ((<usize>load<u32>(span, 4)) << 3)
    let at: usize = 0
    do {
      let from = first + at
      let weight = rowWeights
      let s0 = f64x2(0, 0)
      let s1 = f64x2(0, 0)
      let s2 = f64x2(0, 0)
      let s3 = f64x2(0, 0)
      do {
        const w = v128.load64_splat(weight)
        const bytes = v128.load8x8_u(from)
        const low = i32x4.extend_low_i16x8_u(bytes)
        const high = i32x4.extend_high_i16x8_u(bytes)
        s0 = addWeighted(s0, w, firstTwo(low))
        s1 = addWeighted(s1, w, lastTwo(low))
        s2 = addWeighted(s2, w, firstTwo(high))
        s3 = addWeighted(s3, w, lastTwo(high))
        weight += 8
        from += sourcePitch
      } while (weight < end)
      const a = i32x4.shuffle(rounded(s0), rounded(s1), 0, 2, 4, 6)
      const b = i32x4.shuffle(rounded(s2), rounded(s3), 0, 2, 4, 6)
      v128.store64_lane(row + at, clamped(a, b), 0)
      at += 8
    } while (at < rowLength)
    row += rowLength
    rowWeights = end
  }
}
