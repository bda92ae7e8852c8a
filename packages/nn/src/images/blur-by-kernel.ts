import { reflect } from './border.js'
import { imageKernels, layOut } from './image-kernels.js'

/** The kernel takes eight values at a time: so many more bytes may be read and written behind a picture. */
const spareBytes = 64

/**
 * Both passes of a blur by a SIMD kernel, the bits of `blurPlain`.
 *
 * @param kernel - Weights, an odd number.
 * @param out - Receives the blurred picture; may be `values`.
 * @returns Whether it does: not where the kernels cannot be had; see {@link imageKernels}.
 */
export function blurByKernel(
  values: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
  kernel: Float64Array,
  out: Float32Array | Float64Array,
): boolean {
  if (values.length === 0) return false
  const half = (kernel.length - 1) / 2
  const rowBytes = width * channels * 8
  const at = layOut({
    picture: height * rowBytes + spareBytes,
    across: height * rowBytes + spareBytes,
    line: (width + 2 * half) * channels * 8 + spareBytes,
    weights: kernel.byteLength,
    columns: (width + 2 * half) * 4,
    rows: (height + 2 * half) * 4,
  })
  const kernels = imageKernels(at.end)
  if (kernels === undefined) return false
  const { buffer } = kernels.memory
  const picture = new Float64Array(buffer, at.picture, values.length)
  picture.set(values)
  new Float64Array(buffer, at.weights, kernel.length).set(kernel)
  new Uint32Array(buffer, at.columns, width + 2 * half).set(mirrored(width, half, channels * 8))
  new Uint32Array(buffer, at.rows, height + 2 * half).set(mirrored(height, half, rowBytes))
  kernels.blur(at.picture, height, width, channels, at.weights, kernel.length, at.columns, at.rows, at.line, at.across)
  out.set(picture)
  return true
}

/** Where each place of an axis lies, with so many mirrored ones at both ends. */
function mirrored(size: number, half: number, step: number): Uint32Array {
  return Uint32Array.from({ length: size + 2 * half }, (_, i) => reflect(i - half, size) * step)
}
