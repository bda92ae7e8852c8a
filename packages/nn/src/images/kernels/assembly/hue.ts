/** Turns the HSV hue of `numPixels` RGB pixels, float32, in place: two pixels at a time, computed in float64. `turns` is a share of the circle. */
export function turnHue(pixels: usize, numPixels: i32, turns: f64): void {
  const end = pixels + <usize>numPixels * 12
  const by = f64x2.splat(turns)
  for (let first = pixels; first < end; first += 24) {
    // An odd last pixel fills both lanes.
    const second = first + 12 < end ? first + 12 : first
    const r = both(first, second)
    const g = both(first + 4, second + 4)
    const b = both(first + 8, second + 8)
    const max = f64x2.max(r, f64x2.max(g, b))
    const span = f64x2.sub(max, f64x2.min(r, f64x2.min(g, b)))
    const isRed = f64x2.eq(max, r)
    const isGreen = f64x2.eq(max, g)
    const rise = v128.bitselect(f64x2.sub(g, b), v128.bitselect(f64x2.sub(b, r), f64x2.sub(r, g), isGreen), isRed)
    const start = v128.bitselect(f64x2.splat(0), v128.bitselect(f64x2.splat(2), f64x2.splat(4), isGreen), isRed)
    const sector = f64x2.add(start, f64x2.div(rise, span))
    const share = f64x2.add(f64x2.div(sector, f64x2.splat(6)), by)
    const sixths = f64x2.mul(f64x2.sub(share, f64x2.floor(share)), f64x2.splat(6))
    // A grey has no hue.
    const isGrey = f64x2.eq(span, f64x2.splat(0))
    put(first, second, v128.bitselect(r, channelOf(5, sixths, max, span), isGrey))
    put(first + 4, second + 4, v128.bitselect(g, channelOf(3, sixths, max, span), isGrey))
    put(first + 8, second + 8, v128.bitselect(b, channelOf(1, sixths, max, span), isGrey))
  }
}

/** A channel of the colours whose hue, from where the channel is full, is `offset + sixths` of the circle. */
function channelOf(offset: f64, sixths: v128, max: v128, span: v128): v128 {
  const turned = f64x2.add(f64x2.splat(offset), sixths)
  const k = v128.bitselect(f64x2.sub(turned, f64x2.splat(6)), turned, f64x2.ge(turned, f64x2.splat(6)))
  const fall = f64x2.min(k, f64x2.sub(f64x2.splat(4), k))
  return f64x2.sub(max, f64x2.mul(span, f64x2.min(f64x2.splat(1), f64x2.max(f64x2.splat(0), fall))))
}

function both(a: usize, b: usize): v128 {
  return f64x2(<f64>load<f32>(a), <f64>load<f32>(b))
}

function put(a: usize, b: usize, values: v128): void {
  store<f32>(a, <f32>f64x2.extract_lane(values, 0))
  store<f32>(b, <f32>f64x2.extract_lane(values, 1))
}
