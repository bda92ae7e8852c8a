import { addWeighted, clamped, firstTwo, lastTwo, rounded } from './lanes'

/**
 * Rows of one channel to `width` pixels each, two rows at a time in the lanes of a vector (a last single row fills both).
 *
 * `spans` holds first pixel and number of weights of each target pixel; `wide` is room for two rows of float64, eight more values each.
 */
export function narrow1(
  source: usize,
  numRows: i32,
  sourcePitch: usize,
  wide: usize,
  spans: usize,
  weights: usize,
  width: i32,
  out: usize,
  outPitch: usize,
): void {
  const lastSpan = spans + ((<usize>width) << 3)
  for (let y = 0; y < numRows; y += 2) {
    const hasSecond = y + 1 < numRows
    const inA = source + <usize>y * sourcePitch
    let outA = out + <usize>y * outPitch
    let outB = hasSecond ? outA + outPitch : outA
    widen(inA, hasSecond ? inA + sourcePitch : inA, wide, sourcePitch)
    let weight = weights
    let span = spans
    do {
      let from = wide + ((<usize>load<u32>(span)) << 4)
      const end = weight + ((<usize>load<u32>(span, 4)) << 3)
      let grey = f64x2(0, 0)
      do {
        grey = addWeighted(grey, v128.load64_splat(weight), v128.load(from))
        weight += 8
        from += 16
      } while (weight < end)
      grey = rounded(grey)
      const bytes = clamped(grey, grey)
      v128.store8_lane(outA, bytes, 0)
      v128.store8_lane(outB, bytes, 2)
      outA += 1
      outB += 1
      span += 8
    } while (span < lastSpan)
  }
}

/** As {@link narrow1}, of three channels. */
export function narrow3(
  source: usize,
  numRows: i32,
  sourcePitch: usize,
  wide: usize,
  spans: usize,
  weights: usize,
  width: i32,
  out: usize,
  outPitch: usize,
): void {
  const lastSpan = spans + ((<usize>width) << 3)
  for (let y = 0; y < numRows; y += 2) {
    const hasSecond = y + 1 < numRows
    const inA = source + <usize>y * sourcePitch
    let outA = out + <usize>y * outPitch
    let outB = hasSecond ? outA + outPitch : outA
    widen(inA, hasSecond ? inA + sourcePitch : inA, wide, sourcePitch)
    let weight = weights
    let span = spans
    do {
      let from = wide + <usize>load<u32>(span) * 48
      const end = weight + ((<usize>load<u32>(span, 4)) << 3)
      let red = f64x2(0, 0)
      let green = f64x2(0, 0)
      let blue = f64x2(0, 0)
      do {
        const w = v128.load64_splat(weight)
        red = addWeighted(red, w, v128.load(from))
        green = addWeighted(green, w, v128.load(from, 16))
        blue = addWeighted(blue, w, v128.load(from, 32))
        weight += 8
        from += 48
      } while (weight < end)
      red = rounded(red)
      green = rounded(green)
      blue = rounded(blue)
      const first = i32x4.shuffle(i32x4.shuffle(red, green, 0, 4, 1, 5), blue, 0, 1, 4, 5)
      const second = i32x4.shuffle(i32x4.shuffle(red, green, 2, 6, 3, 7), blue, 0, 1, 6, 7)
      const bytes = clamped(first, second)
      // Four bytes are stored: the fourth is overwritten by the next pixel, or lies in the padding.
      v128.store32_lane(outA, bytes, 0)
      v128.store32_lane(outB, bytes, 1)
      outA += 3
      outB += 3
      span += 8
    } while (span < lastSpan)
  }
}

/** The bytes of two rows as float64, eight at a time: `[a0, b0], [a1, b1] …`. Rows are not empty, so the condition stands last: one jump less. */
function widen(rowA: usize, rowB: usize, wide: usize, pitch: usize): void {
  let at: usize = 0
  let to = wide
  do {
    const a = v128.load64_zero(rowA + at)
    const b = v128.load64_zero(rowB + at)
    const pairs = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
    const low = i16x8.extend_low_i8x16_u(pairs)
    const high = i16x8.extend_high_i8x16_u(pairs)
    const four0 = i32x4.extend_low_i16x8_u(low)
    const four1 = i32x4.extend_high_i16x8_u(low)
    const four2 = i32x4.extend_low_i16x8_u(high)
    const four3 = i32x4.extend_high_i16x8_u(high)
    v128.store(to, firstTwo(four0))
    v128.store(to, lastTwo(four0), 16)
    v128.store(to, firstTwo(four1), 32)
    v128.store(to, lastTwo(four1), 48)
    v128.store(to, firstTwo(four2), 64)
    v128.store(to, lastTwo(four2), 80)
    v128.store(to, firstTwo(four3), 96)
    v128.store(to, lastTwo(four3), 112)
    at += 8
    to += 128
  } while (at < pitch)
}
