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
 * rounded and clamped at the end only (PIL rounds between the passes: at most 1 grey level apart).
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
  const columns = axisKernel(source.width, width, interpolation, antialias)
  const rows = axisKernel(source.height, height, interpolation, antialias)
  const narrowed = new Float32Array(source.height * width * channels)
  for (let y = 0; y < source.height; y++) {
    for (let x = 0; x < width; x++) {
      const weights = columns.weights[x]!
      const from = (y * source.width + columns.start[x]!) * channels
      const to = (y * width + x) * channels
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * source.data[from + k * channels + c]!
        narrowed[to + c] = sum
      }
    }
  }
  const isBytes = source.data instanceof Uint8Array
  // The element type follows the source's, which T names.
  const data = (isBytes ? new Uint8Array(height * width * channels) : new Float32Array(height * width * channels)) as T
  const rowLength = width * channels
  for (let y = 0; y < height; y++) {
    const weights = rows.weights[y]!
    const from = rows.start[y]! * rowLength
    for (let i = 0; i < rowLength; i++) {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * narrowed[from + k * rowLength + i]!
      data[y * rowLength + i] = isBytes ? Math.min(255, Math.max(0, Math.round(sum))) : sum
    }
  }
  return { height, width, channels, data }
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
