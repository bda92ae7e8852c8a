import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes that may be allocated between two batches before garbage is collected: a share of the live memory, and at least this. */
const leastGarbageBytes = 4 * 2 ** 20
const garbageShare = 0.25

let collect: ((options?: { readonly type: 'minor' }) => void) | undefined
let livingBytes = 0

/**
 * Keeps the memory of a stream that of one batch: left to itself, the engine lets pixels of past batches pile up, because it does not
 * see how large they are. Called between batches; does nothing while little has been allocated.
 */
export function boundGarbage(): void {
  const used = usedBytes()
  if (used < livingBytes + Math.max(leastGarbageBytes, livingBytes * garbageShare)) return
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as typeof collect & {}
  }
  collect()
  // Buffers are freed in the background and count until then, so more would seem to live than does. The next collection waits for that.
  collect({ type: 'minor' })
  livingBytes = usedBytes()
}

function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
