import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes that may be allocated between two batches before garbage is collected: a share of the live memory, and at least this. */
const leastGarbageBytes = 8 * 2 ** 20
const garbageShare = 0.5

let collect: (() => void) | undefined
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
    collect = runInNewContext('gc') as () => void
  }
  collect()
  livingBytes = usedBytes()
}

function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
