import { axisKernel } from './axis-kernel.js'
import type { Raster } from './raster.js'
import { resizeByKernel } from './resize-by-kernel.js'
import { resizePlain } from './resize-plain.js'
import { misuse } from '../errors.js'

/** Settings of {@link resize}. */
export interface ResizeOptions {
  /** Default `bilinear`. */
  readonly interpolation?: 'bilinear' | 'bicubic' | 'nearest'
  /** Widen the kernel when shrinking, as PIL and torch's `antialias=True` do; default true. Has no effect when enlarging. */
  readonly antialias?: boolean
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
    throw misuse(`raster of ${source.height} x ${source.width} x ${source.channels} holds ${source.data.length} values`)
  }
  const rows = axisKernel({ size: source.height, target: height, interpolation, antialias })
  const columns = axisKernel({ size: source.width, target: width, interpolation, antialias })
  return resizeByKernel(source, rows, columns) ?? resizePlain(source, rows, columns)
}
