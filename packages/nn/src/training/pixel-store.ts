import type { ImageBatch, PixelImage } from '@etsef/plugin-api'
import { PipelineError } from '@etsef/plugin-api'
import { resize } from '../images/resize.js'

/** Pictures of one size, RGB bytes. */
export interface PixelStore {
  readonly size: number
  /** Height and width in pixels. */
  readonly side: number
  /** RGB in [0, 255], row-major `[indices.length, side, side, 3]`. */
  read(indices: readonly number[]): Uint8Array | Promise<Uint8Array>
}

/** Options of {@link openPixelStore}. */
export interface PixelStoreOptions {
  readonly side: number
  /** Pictures decoded at the same time, default 4. */
  readonly concurrency?: number
  /** Bytes kept in memory, default 1.5 GB; a larger set is decoded again at every read. */
  readonly limitBytes?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** Decodes pictures once, resized to a square, and keeps them as bytes. */
export async function openPixelStore(images: ImageBatch, options: PixelStoreOptions): Promise<PixelStore> {
  const { side, concurrency = 4, limitBytes = 1.5e9, signal, onProgress } = options
  const size = images.ids.length
  const length = side * side * 3
  const decode = async (index: number, target: Uint8Array, at: number): Promise<void> => {
    target.set(toSquareRgb(await images.load(index), side), at * length)
  }
  if (size * length > limitBytes) {
    return {
      size,
      side,
      read: async (indices) => {
        const pixels = new Uint8Array(indices.length * length)
        await eachConcurrently(indices.length, concurrency, (i) => decode(indices[i]!, pixels, i), signal)
        return pixels
      },
    }
  }
  const kept = new Uint8Array(size * length)
  let done = 0
  await eachConcurrently(
    size,
    concurrency,
    async (i) => {
      await decode(i, kept, i)
      onProgress?.(++done, size)
    },
    signal,
  )
  return {
    size,
    side,
    read: (indices) => {
      const pixels = new Uint8Array(indices.length * length)
      indices.forEach((from, to) => {
        pixels.set(kept.subarray(from * length, (from + 1) * length), to * length)
      })
      return pixels
    },
  }
}

/**
 * A decoded picture as RGB bytes `[side, side, 3]`: grey is repeated, alpha dropped, 16 bits scaled to 8 after resizing.
 *
 * @throws PipelineError `ERR_SHAPE_MISMATCH` for another number of channels.
 */
export function toSquareRgb(image: PixelImage, side: number): Uint8Array {
  const [height, width, channels] = image.shape
  const colours = channels >= 3 ? 3 : 1
  if (channels < 1 || channels > 4) {
    throw new PipelineError('ERR_SHAPE_MISMATCH', {
      message: 'A picture cannot be read as RGB',
      expected: '1 to 4 channels',
      received: `${channels} channels`,
    })
  }
  if (image.dtype === 'uint8' && channels === 3) {
    const raster = { height, width, channels, data: image.data as Uint8Array }
    return height === side && width === side ? raster.data.slice() : resize(raster, side, side).data
  }
  const raster = { height, width, channels: colours, data: colourOf(image, colours) }
  const { data } = height === side && width === side ? raster : resize(raster, side, side)
  const rgb = new Uint8Array(side * side * 3)
  for (let pixel = 0; pixel < side * side; pixel++) {
    for (let c = 0; c < 3; c++) {
      const value = data[pixel * colours + (colours === 3 ? c : 0)]!
      rgb[pixel * 3 + c] = value < 0 ? 0 : value > 255 ? 255 : Math.round(value)
    }
  }
  return rgb
}

/** Grey or RGB, on the scale of bytes. */
function colourOf({ data, dtype, shape }: PixelImage, colours: 1 | 3): Uint8Array | Float32Array {
  const [height, width, channels] = shape
  if (dtype === 'uint8' && channels === colours) return data as Uint8Array
  const numPixels = height * width
  const scale = dtype === 'uint16' ? 1 / 257 : 1
  const colour = new (dtype === 'uint8' ? Uint8Array : Float32Array)(numPixels * colours)
  for (let pixel = 0; pixel < numPixels; pixel++) {
    for (let c = 0; c < colours; c++) colour[pixel * colours + c] = data[pixel * channels + c]! * scale
  }
  return colour
}

/** Runs `work(0 … count − 1)` with at most `concurrency` at a time; stops at the first failure or when `signal` aborts. */
export async function eachConcurrently(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      signal?.throwIfAborted()
      await work(next++)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane))
}
