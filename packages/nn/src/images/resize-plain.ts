import type { AxisKernel } from './axis-kernel.js'
import type { Raster } from './raster.js'

/** The two passes in JavaScript, for all rasters: what {@link resizeByKernel} must equal. */
export function resizePlain<T extends Uint8Array | Float32Array>(
  source: Raster<T>,
  rows: AxisKernel,
  columns: AxisKernel,
): Raster<T> {
  const { channels } = source
  const height = rows.start.length
  const width = columns.start.length
  const narrowed = narrow(source, width, columns)
  const isBytes = source.data instanceof Uint8Array
  // The element type follows the source's, which T names. A clamped view rounds and clamps by itself.
  const data = (isBytes ? new Uint8Array(height * width * channels) : new Float32Array(height * width * channels)) as T
  const target = isBytes ? new Uint8ClampedArray(data.buffer) : data
  const rowLength = width * channels
  const sums = new Float64Array(rowLength)
  for (let y = 0; y < height; y++) {
    const weights = rows.weights[y]!
    addRows(narrowed, rows.start[y]! * rowLength, weights, sums.fill(0))
    target.set(sums, y * rowLength)
  }
  return { height, width, channels, data }
}

/** Adds weighted rows in their order, four at a time: fewer loads and stores, the same sums. */
function addRows(
  values: Uint8ClampedArray | Float32Array,
  from: number,
  weights: Float64Array,
  sums: Float64Array,
): void {
  const length = sums.length
  let k = 0
  let at = from
  for (; k + 4 <= weights.length; k += 4, at += 4 * length) {
    const [a, b, c, d] = [weights[k]!, weights[k + 1]!, weights[k + 2]!, weights[k + 3]!]
    for (let i = 0, j = at; i < length; i++, j++) {
      sums[i] =
        sums[i]! + a * values[j]! + b * values[j + length]! + c * values[j + 2 * length]! + d * values[j + 3 * length]!
    }
  }
  for (; k < weights.length; k++, at += length) {
    const weight = weights[k]!
    for (let i = 0; i < length; i++) sums[i]! += weight * values[at + i]!
  }
}

/** The picture at its own height and the target width. */
function narrow(
  { height, width: sourceWidth, channels, data }: Raster,
  width: number,
  columns: AxisKernel,
): Uint8ClampedArray | Float32Array {
  const length = height * width * channels
  const narrowed = data instanceof Uint8Array ? new Uint8ClampedArray(length) : new Float32Array(length)
  const { start, weights } = columns
  let to = 0
  if (channels === 3) {
    narrowRgb(data, narrowed, { height, sourceWidth, width }, columns)
    return narrowed
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const kernel = weights[x]!
      const first = (y * sourceWidth + start[x]!) * channels
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * data[first + k * channels + c]!
        narrowed[to++] = sum
      }
    }
  }
  return narrowed
}

/** Three channels, written out: this reads every pixel of every picture. */
function narrowRgb(
  data: Uint8Array | Float32Array,
  narrowed: Uint8ClampedArray | Float32Array,
  { height, sourceWidth, width }: { readonly height: number; readonly sourceWidth: number; readonly width: number },
  { start, weights }: AxisKernel,
): void {
  for (let x = 0; x < width; x++) {
    const kernel = weights[x]!
    const taps = kernel.length
    let from = start[x]! * 3
    let to = x * 3
    for (let y = 0; y < height; y++, from += sourceWidth * 3, to += width * 3) {
      let red = 0
      let green = 0
      let blue = 0
      for (let k = 0, at = from; k < taps; k++, at += 3) {
        const weight = kernel[k]!
        red += weight * data[at]!
        green += weight * data[at + 1]!
        blue += weight * data[at + 2]!
      }
      narrowed[to] = red
      narrowed[to + 1] = green
      narrowed[to + 2] = blue
    }
  }
}
