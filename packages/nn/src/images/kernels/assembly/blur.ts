import { addWeighted } from './lanes'

/**
 * A picture filtered along its rows, then along its columns, with the same weights; the result takes the place of the picture.
 *
 * Everything is float64. `columns` and `rows` say where the value of each place lies, mirrored places included: as a distance in bytes from
 * the start of its row of `picture`, and from the start of `across`. `line` is room for a row with what is mirrored, `across` for all rows;
 * each, and `picture`, has room for eight values more at its end.
 */
export function blur(
  picture: usize,
  height: i32,
  width: i32,
  channels: usize,
  weights: usize,
  numWeights: i32,
  columns: usize,
  rows: usize,
  line: usize,
  across: usize,
): void {
  const step = channels << 3
  const pitch = <usize>width * step
  const weightsEnd = weights + ((<usize>numWeights) << 3)
  const columnsEnd = columns + ((<usize>(width + numWeights - 1)) << 2)
  let row = picture
  let wide = across
  for (let y = 0; y < height; y++) {
    let to = line
    for (let column = columns; column < columnsEnd; column += 4) {
      const from = row + <usize>load<u32>(column)
      for (let byte: usize = 0; byte < step; byte += 8) {
        store<f64>(to, load<f64>(from + byte))
        to += 8
      }
    }
    for (let at: usize = 0; at < pitch; at += 64) {
      let from = line + at
      let s0 = f64x2(0, 0)
      let s1 = f64x2(0, 0)
      let s2 = f64x2(0, 0)
      let s3 = f64x2(0, 0)
      for (let weight = weights; weight < weightsEnd; weight += 8) {
        const w = v128.load64_splat(weight)
        s0 = addWeighted(s0, w, v128.load(from))
        s1 = addWeighted(s1, w, v128.load(from, 16))
        s2 = addWeighted(s2, w, v128.load(from, 32))
        s3 = addWeighted(s3, w, v128.load(from, 48))
        from += step
      }
      const out = wide + at
      v128.store(out, s0)
      v128.store(out, s1, 16)
      v128.store(out, s2, 32)
      v128.store(out, s3, 48)
    }
    row += pitch
    wide += pitch
  }
  let out = picture
  for (let y = 0; y < height; y++) {
    const first = rows + ((<usize>y) << 2)
    for (let at: usize = 0; at < pitch; at += 64) {
      const column = across + at
      let place = first
      let s0 = f64x2(0, 0)
      let s1 = f64x2(0, 0)
      let s2 = f64x2(0, 0)
      let s3 = f64x2(0, 0)
      for (let weight = weights; weight < weightsEnd; weight += 8) {
        const w = v128.load64_splat(weight)
        const from = column + <usize>load<u32>(place)
        s0 = addWeighted(s0, w, v128.load(from))
        s1 = addWeighted(s1, w, v128.load(from, 16))
        s2 = addWeighted(s2, w, v128.load(from, 32))
        s3 = addWeighted(s3, w, v128.load(from, 48))
        place += 4
      }
      const to = out + at
      v128.store(to, s0)
      v128.store(to, s1, 16)
      v128.store(to, s2, 32)
      v128.store(to, s3, 48)
    }
    out += pitch
  }
}
