/** Grey (ITU-601) of a float32 RGB pixel, in float64. */
function grey(pixel: usize): f64 {
  return 0.2989 * <f64>load<f32>(pixel) + 0.587 * <f64>load<f32>(pixel, 4) + 0.114 * <f64>load<f32>(pixel, 8)
}

/** Mean grey of RGB pixels, summed in their order. */
export function meanGrey(pixels: usize, numPixels: i32): f64 {
  const end = pixels + <usize>numPixels * 12
  let sum: f64 = 0
  for (let pixel = pixels; pixel < end; pixel += 12) sum += grey(pixel)
  return sum / <f64>numPixels
}

/** `factor · value + rest · base` of so many float32 values, clamped to [0, 255], in place. Up to three values behind the last change, too. */
export function blend(values: usize, numValues: i32, factor: f64, rest: f64, base: f64): void {
  const end = values + ((<usize>numValues) << 2)
  const by = f64x2.splat(factor)
  const more = f64x2.splat(rest * base)
  for (let at = values; at < end; at += 16) {
    const four = v128.load(at)
    const low = clamped(f64x2.add(f64x2.mul(by, f64x2.promote_low_f32x4(four)), more))
    const high = clamped(f64x2.add(f64x2.mul(by, f64x2.promote_low_f32x4(i64x2.shuffle(four, four, 1, 1))), more))
    v128.store(at, i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2))
  }
}

/** As {@link blend} with each pixel's own grey. */
export function blendWithGrey(pixels: usize, numPixels: i32, factor: f64, rest: f64): void {
  const end = pixels + <usize>numPixels * 12
  const by = f64x2.splat(factor)
  for (let pixel = pixels; pixel < end; pixel += 12) {
    const own = rest * grey(pixel)
    const more = f64x2.splat(own)
    const redGreen = f64x2.promote_low_f32x4(v128.load64_zero(pixel))
    const blue = factor * <f64>load<f32>(pixel, 8) + own
    v128.store64_lane(pixel, f32x4.demote_f64x2_zero(clamped(f64x2.add(f64x2.mul(by, redGreen), more))), 0)
    store<f32>(pixel, <f32>(blue < 0 ? 0 : blue > 255 ? 255 : blue), 8)
  }
}

function clamped(values: v128): v128 {
  return f64x2.pmin(f64x2.pmax(values, f64x2.splat(0)), f64x2.splat(255))
}
