import type { ImageBatch, PixelImage } from '@etsef/plugin-api'
import { toSquareRgb } from '../images/to-square-rgb.js'

/** Pictures of one size, RGB bytes. */
export interface PixelStore {
  readonly size: number
  /** Height and width in pixels. */
  readonly side: number
  /** RGB in [0, 255], row-major `[indices.length, side, side, 3]`. */
  read(indices: readonly number[]): Uint8Array | Promise<Uint8Array>
  /** The same pictures as they were decoded, of any size: what a part is cut from before it is resized. */
  originals(indices: readonly number[]): Promise<readonly PixelImage[]>
  /**
   * Views that the pictures come as where they are random (`augment/random`): RGB in [0, 255], `[side, side, 3]` each, row-major, written
   * to `target`. Left out: whoever learns makes its own of the originals.
   */
  readonly views?: (indices: readonly number[], draw: number, target: Float32Array) => Promise<void>
}

/** Options of {@link openPixelStore}. */
export interface PixelStoreOptions {
  readonly side: number
  /** Pictures decoded at the same time, default 4. */
  readonly concurrency?: number
  /** Bytes kept in memory, default 1.5 GB, of originals 0.5 GB; what is more is decoded again at every read. */
  readonly limitBytes?: number
  /** Keep pictures as they were decoded, and resize them at every read: for views that are cut from them. Default false. */
  readonly keepsOriginals?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** Decodes pictures once, and keeps them: resized to a square, as bytes; or as they are. */
export async function openPixelStore(images: ImageBatch, options: PixelStoreOptions): Promise<PixelStore> {
  const { side, concurrency = 4, signal, onProgress } = options
  // Random views are asked for one by one, from whom keeps the originals itself.
  const keepsOriginals = options.keepsOriginals === true && images.isRandom !== true
  const { limitBytes = keepsOriginals ? 5e8 : 1.5e9 } = options
  const size = images.ids.length
  const length = side * side * 3
  const kept: (PixelImage | undefined)[] = []
  let keptBytes = 0
  const load = async (index: number): Promise<PixelImage> => {
    const known = kept[index]
    if (known !== undefined) return known
    const image = await images.load(index)
    if (keepsOriginals && kept[index] === undefined && keptBytes + image.data.byteLength <= limitBytes) {
      keptBytes += image.data.byteLength
      kept[index] = image
    }
    return image
  }
  const originals: PixelStore['originals'] = async (indices) => {
    const found: PixelImage[] = []
    await eachConcurrently(indices.length, concurrency, async (i) => void (found[i] = await load(indices[i]!)), signal)
    return found
  }
  const views: PixelStore['views'] = async (indices, draw, target) => {
    const writeView = async (i: number): Promise<void> => {
      const { dtype, shape, data } = await images.load(indices[i]!, draw, side)
      const isReady = dtype === 'float32' && shape[0] === side && shape[1] === side && shape[2] === 3
      target.set(isReady ? data : toSquareRgb({ dtype, shape, data }, side), i * length)
    }
    await eachConcurrently(indices.length, concurrency, writeView, signal)
  }
  const random = images.isRandom === true ? { views } : {}
  if (keepsOriginals || size * length > limitBytes) {
    return {
      size,
      side,
      originals,
      ...random,
      read: async (indices) => {
        const pixels = new Uint8Array(indices.length * length)
        const resizeInto = async (i: number): Promise<void> => {
          pixels.set(toSquareRgb(await load(indices[i]!), side), i * length)
        }
        await eachConcurrently(indices.length, concurrency, resizeInto, signal)
        return pixels
      },
    }
  }
  const bytes = new Uint8Array(size * length)
  let done = 0
  await eachConcurrently(
    size,
    concurrency,
    async (i) => {
      bytes.set(toSquareRgb(await load(i), side), i * length)
      onProgress?.(++done, size)
    },
    signal,
  )
  return {
    size,
    side,
    originals,
    ...random,
    read: (indices) => {
      const pixels = new Uint8Array(indices.length * length)
      indices.forEach((from, to) => {
        pixels.set(bytes.subarray(from * length, (from + 1) * length), to * length)
      })
      return pixels
    },
  }
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
