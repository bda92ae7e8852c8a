import { PipelineError } from '../errors.js'
import type { PixelImage } from '../payload/images.js'

const arrays = { uint8: 'Uint8Array', uint16: 'Uint16Array', float32: 'Float32Array' } as const

/**
 * Checks a picture where the operation that made it hands it over: dtype, shape, as many numbers as the shape has, all finite.
 *
 * @throws PipelineError `ERR_BAD_DATA` or `ERR_NOT_FINITE`.
 */
export function checkPixels(given: PixelImage): void {
  // Plugins may be plain JavaScript: the type is only what they should give.
  const image = given as { readonly [K in keyof PixelImage]?: unknown } | null | undefined
  if (typeof image !== 'object' || image === null)
    throw refusal('is no picture', '{ dtype, shape, data }', image === null ? 'null' : typeof image)
  const { dtype, shape, data } = image
  if (dtype !== 'uint8' && dtype !== 'uint16' && dtype !== 'float32')
    throw refusal('has an unknown dtype', Object.keys(arrays).join(', '), JSON.stringify(dtype))
  if (!isShape(shape)) throw refusal('has no shape', '[height, width, channels]', JSON.stringify(shape))
  const type = arrays[dtype]
  const received = Object.prototype.toString.call(data).slice('[object '.length, -1)
  if (received !== type) throw refusal(`is ${dtype} with other data`, type, received)
  // The constructor was checked by its name, since an array of another realm (a worker, a vm) fails `instanceof`.
  const values = data as PixelImage['data']
  const numValues = shape.reduce((product, size) => product * size, 1)
  if (values.length !== numValues)
    throw refusal(
      'has as many numbers as another shape',
      `${String(numValues)} for [${shape.join(', ')}]`,
      String(values.length),
    )
  if (dtype !== 'float32') return
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return
  throw new PipelineError('ERR_NOT_FINITE', {
    message: `holds ${String(values[at])} at ${String(at)}`,
    expected: 'finite numbers',
    received: String(values[at]),
  })
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.length === 3 && shape.every((size) => Number.isInteger(size) && size >= 1)
}

function refusal(message: string, expected: string, received: string): PipelineError {
  return new PipelineError('ERR_BAD_DATA', { message, expected, received })
}
