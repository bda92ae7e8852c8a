/** A picture (or map) as plain data, channels last. */
export interface Raster<T extends Uint8Array | Float32Array = Uint8Array | Float32Array> {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly data: T
}

/** Settings of {@link resize}. */
export interface ResizeOptions {
  /** Default `bilinear`. */
  readonly interpolation?: 'bilinear' | 'bicubic' | 'nearest'
  /** Widen the kernel when shrinking, as PIL and torch's `antialias=True` do; default true. Has no effect when enlarging. */
  readonly antialias?: boolean
}

/** Weights of the source pixels of each target pixel along one axis. */
interface AxisKernel {
  readonly start: Int32Array
  readonly weights: readonly Float64Array[]
}

/**
 * A picture resized with half-pixel centres, in two passes (columns, then rows), edges renormalised as PIL does. Bytes are
 * rounded and clamped after each pass, as PIL does (halves to even here, so single grey levels may differ).
 *
 * @returns New raster of the same element type.
 * @see PIL 12 `Image.resize`, torch 2.13 `interpolate(antialias=True)`; bicubic has a = -0.5 as in both with antialias
 */
export function resize<T extends Uint8Array | Float32Array>(
  source: Raster<T>,
  height: number,
  width: number,
  options: ResizeOptions = {},
): Raster<T> {
  const { interpolation = 'bilinear', antialias = true } = options
  if (source.data.length !== source.height * source.width * source.channels) {
    throw new RangeError(
      `raster of ${source.height} x ${source.width} x ${source.channels} holds ${source.data.length} values`,
    )
  }
  const { channels } = source
  const narrowed = narrow(source, width, axisKernel(source.width, width, interpolation, antialias))
  const rows = axisKernel(source.height, height, interpolation, antialias)
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

function axisKernel(
  size: number,
  target: number,
  interpolation: 'bilinear' | 'bicubic' | 'nearest',
  antialias: boolean,
): AxisKernel {
  const scale = size / target
  const stretch = antialias && interpolation !== 'nearest' ? Math.max(scale, 1) : 1
  const radius = interpolation === 'bicubic' ? 2 : interpolation === 'bilinear' ? 1 : 0
  const start = new Int32Array(target)
  const weights: Float64Array[] = []
  for (let i = 0; i < target; i++) {
    const centre = (i + 0.5) * scale
    if (radius === 0) {
      start[i] = Math.min(size - 1, Math.floor(centre))
      weights.push(Float64Array.of(1))
      continue
    }
    const support = radius * stretch
    const first = Math.max(0, Math.floor(centre - support))
    const last = Math.min(size, Math.ceil(centre + support))
    const kernel = new Float64Array(last - first)
    let sum = 0
    for (let k = 0; k < kernel.length; k++) {
      const distance = Math.abs((first + k + 0.5 - centre) / stretch)
      kernel[k] = interpolation === 'bicubic' ? cubic(distance) : Math.max(0, 1 - distance)
      sum += kernel[k]!
    }
    for (let k = 0; k < kernel.length; k++) kernel[k] = kernel[k]! / sum
    start[i] = first
    weights.push(kernel)
  }
  return { start, weights }
}

/** Keys' cubic with a = -0.5. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2
  return 0
}
