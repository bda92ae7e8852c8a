import type { ImageBatch } from '@etsef/plugin-api'
import { eachConcurrently, toSquareRgb } from '@etsef/nn'

/** RGB bytes of a whole batch, `[numSamples, side, side, 3]`; pictures are decoded four at a time. */
export async function readBatch(batch: ImageBatch, side: number, signal: AbortSignal): Promise<Uint8Array> {
  const length = side * side * 3
  const pixels = new Uint8Array(batch.ids.length * length)
  await eachConcurrently(
    batch.ids.length,
    4,
    async (i) => {
      pixels.set(toSquareRgb(await batch.load(i), side), i * length)
    },
    signal,
  )
  return pixels
}

/** Names of feature columns: `f0`, `f1`, … */
export function featureNames(width: number): string[] {
  return Array.from({ length: width }, (_, i) => `f${i}`)
}
