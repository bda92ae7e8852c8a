import type { ImageBatch } from '@etsef/plugin-api'
import type { Embedder } from './open-embedder.js'
import { readParts, type PixelPart } from './read-parts.js'

/**
 * Values of each output for all pictures of a batch, in its order.
 *
 * @throws what a picture's `load` throws, and the signal's reason.
 */
export async function embedImages(
  embedder: Embedder,
  images: ImageBatch,
  signal: AbortSignal,
): Promise<readonly Float32Array[]> {
  if (images.ids.length === 0) return embedder.run(new Uint8Array(0))
  return embedParts(embedder, images, signal, ({ pixels }) => embedder.run(pixels))
}

/**
 * {@link embedImages} by a function that is given the part itself. As many parts are computed at a time as the embedder can, while
 * the next one is decoded.
 */
export async function embedParts(
  { side, numAtOnce }: Pick<Embedder, 'side' | 'numAtOnce'>,
  images: ImageBatch,
  signal: AbortSignal,
  embed: (part: PixelPart) => Promise<readonly Float32Array[]>,
): Promise<readonly Float32Array[]> {
  const parts: Promise<readonly Float32Array[]>[] = []
  const running = new Set<Promise<unknown>>()
  for await (const { start, pixels } of readParts(images, side, signal, numAtOnce)) {
    const part = embed({ start, pixels })
    parts.push(part)
    running.add(part)
    // Attached at once: a part that fails while the next is read must not count as a rejection nobody hears.
    part.then(
      () => running.delete(part),
      () => undefined,
    )
    if (running.size >= numAtOnce) await Promise.race(running)
  }
  const values = await Promise.all(parts)
  return (values[0] ?? []).map((_, output) => joined(values.map((part) => part[output]!)))
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
