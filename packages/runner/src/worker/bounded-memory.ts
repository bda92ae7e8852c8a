import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes that may be allocated between two batches before garbage is collected: a share of the live memory, and at least `all`. */
const garbageShare = 0.125
/** `young`: bytes before young garbage is collected, which takes a fraction of a millisecond and finds most of what a stream leaves. */
const streamGarbage = { young: 2 ** 20, all: 2 * 2 ** 20 }
/**
 * Where an engine runs: its modules are a live heap of 35 MB, which takes 30 ms to walk through, and its tensors are so much larger that
 * some batches of pictures more do not count.
 */
const engineGarbage = { young: 16 * 2 ** 20, all: 64 * 2 ** 20 }

let collect: ((options?: { readonly type: 'minor' }) => void) | undefined
let livingBytes = 0

/**
 * Keeps the memory of a stream that of one batch: left to itself, the engine lets pixels of past batches pile up, because it does not
 * see how large they are. Called between batches; does nothing while little has been allocated.
 */
export function boundGarbage(): void {
  const { young, all } = process.env['ETSEF_ENGINE'] === undefined ? streamGarbage : engineGarbage
  if (isWithin(young)) return
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as typeof collect & {}
  }
  collect({ type: 'minor' })
  if (isWithin(Math.max(all, livingBytes * garbageShare))) return
  collect()
  // Buffers are freed in the background and count until then, so more would seem to live than does. The next collection waits for that.
  collect({ type: 'minor' })
  livingBytes = usedBytes()
}

/** Whether no more than that has been allocated since the last collection. */
function isWithin(bytes: number): boolean {
  const used = usedBytes()
  // What has gone since was garbage then: batches that were still under way, or buffers that were not freed yet.
  livingBytes = Math.min(livingBytes, used)
  return used < livingBytes + bytes
}

function usedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
