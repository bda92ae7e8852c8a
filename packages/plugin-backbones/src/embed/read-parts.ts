import type { ImageBatch } from '@etsef/plugin-api'
import { eachConcurrently, toSquareRgb } from '@etsef/nn'

/** Consecutive pictures of a batch, as a network takes them. */
export interface PixelPart {
  /** Position in the batch of the first picture. */
  readonly start: number
  /** RGB bytes `[numPictures, side, side, 3]`. */
  readonly pixels: Uint8Array
}

/** Pictures a network computes at a time, at most. */
const largestPart = 16

/**
 * Pictures in a part. Threads of ONNX Runtime have parts of four pictures of 224 px: each thread has memory of its own for the values between
 * layers, and with more pictures the pages that the system must clear for it cost more than further calls. No result depends on it.
 */
function partSize(numPictures: number, side: number, numAtOnce: number): number {
  const shared = Math.ceil(numPictures / numAtOnce)
  if (numAtOnce === 1) return Math.min(largestPart, shared)
  return Math.min(largestPart, Math.max(4, Math.round(4 * (224 / side) ** 2)), shared)
}

/** Pictures decoded at a time. */
const LANES = 8

/**
 * RGB bytes of a batch in parts of at most 16 pictures, fewer where they are large, in order; of a small batch, as many parts as are computed at a time. The next part is decoded, eight pictures at a time, while the consumer
 * works on the last one: ONNX Runtime computes on this thread, decoders have threads of their own.
 */
export async function* readParts(
  batch: ImageBatch,
  side: number,
  signal: AbortSignal,
  numAtOnce = 1,
): AsyncGenerator<PixelPart> {
  const size = partSize(batch.ids.length, side, numAtOnce)
  const length = side * side * 3
  const read = async (start: number): Promise<PixelPart> => {
    const count = Math.min(size, batch.ids.length - start)
    const pixels = new Uint8Array(count * length)
    await eachConcurrently(
      count,
      LANES,
      async (i) => {
        pixels.set(toSquareRgb(await batch.load(start + i), side), i * length)
      },
      signal,
    )
    return { start, pixels }
  }
  // Attached at once: a part that fails while the consumer is busy must not count as a rejection nobody hears.
  const begin = (start: number): Promise<PixelPart> | undefined => {
    if (start >= batch.ids.length) return undefined
    const part = read(start)
    part.catch(() => undefined)
    return part
  }
  let next = begin(0)
  while (next !== undefined) {
    const part: PixelPart = await next
    next = begin(part.start + size)
    yield part
  }
}

/** Names of feature columns: `f0`, `f1`, … */
export function featureNames(width: number): string[] {
  return Array.from({ length: width }, (_, i) => `f${i}`)
}
