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
    sums.fill(0)
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!
      const from = (rows.start[y]! + k) * rowLength
      for (let i = 0; i < rowLength; i++) sums[i]! += weight * narrowed[from + i]!
    }
    target.set(sums, y * rowLength)
  }
  return { height, width, channels, data }
}

/** The picture at its own height and the target width. */
function narrow(
  { height, width: sourceWidth, channels, data }: Raster,
  width: number,
  columns: AxisKernel,
): Uint8ClampedArray | Float32Array {
  const length = height * width * channels
  const narrowed = data instanceof Uint8Array ? new Uint8ClampedArray(length) : new Float32Array(length)
  let to = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const weights = columns.weights[x]!
      const start = (y * sourceWidth + columns.start[x]!) * channels
      if (channels === 3) {
        let [red, green, blue] = [0, 0, 0]
        for (let k = 0, from = start; k < weights.length; k++, from += 3) {
          const weight = weights[k]!
          red += weight * data[from]!
          green += weight * data[from + 1]!
          blue += weight * data[from + 2]!
        }
        narrowed[to] = red
        narrowed[to + 1] = green
        narrowed[to + 2] = blue
        to += 3
        continue
      }
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * data[start + k * channels + c]!
        narrowed[to++] = sum
      }
    }
  }
  return narrowed
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
