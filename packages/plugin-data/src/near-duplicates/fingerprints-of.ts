import type { PixelImage } from '@etsef/plugin-api'
import { fingerprintTable, type FingerprintTable } from './alike.js'
import { fingerprint } from './fingerprint.js'

/** Pictures decoded at a time: what is held in memory beside the fingerprints. */
const concurrency = 8

/** Fingerprints of pictures, each decoded once and let go. */
export async function fingerprintsOf(
  size: number,
  load: (index: number) => Promise<PixelImage>,
  onProgress: (done: number) => void,
): Promise<FingerprintTable> {
  const table = fingerprintTable(size)
  for (let start = 0; start < size; start += concurrency) {
    const indices = Array.from({ length: Math.min(concurrency, size - start) }, (_, k) => start + k)
    for (const print of await Promise.all(indices.map(async (index) => fingerprint(await load(index)))))
      table.add(print)
    onProgress(table.size)
  }
  return table
}
