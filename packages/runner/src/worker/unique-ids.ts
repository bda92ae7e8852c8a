import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'

/** Rows of one block: 8 bytes each in memory, whatever the number of rows. */
const blockRows = 65_536
/** Entries read at a time from each block on disk. */
const readEntries = 1024

/** Watches a stream of ids for one that comes twice, in memory that does not grow with the stream. */
export interface UniqueIds {
  add(id: string): void
  /** Hashes that came more than once: ids to look at exactly. Nothing can be added after. */
  repeated(): ReadonlySet<number>
  /** Removes what was put on disk. */
  close(): void
}

/**
 * Keeps a 53-bit hash of each id: blocks of 65,536 are sorted, put on disk and merged at the end. Half a megabyte in memory, 8 bytes a
 * row on disk beyond the first block, none for shorter streams.
 *
 * @param spillFile - Where blocks go; asked for once, when the first block is full.
 */
export function createUniqueIds(spillFile: () => string): UniqueIds {
  let block = new Float64Array(256)
  let used = 0
  let numBlocks = 0
  let path = ''
  let descriptor: number | undefined
  const spill = (): void => {
    if (descriptor === undefined) {
      path = spillFile()
      descriptor = openSync(path, 'wx+')
    }
    block.sort()
    writeAll(descriptor, block)
    numBlocks++
    used = 0
  }
  return {
    add(id) {
      if (used === block.length) {
        if (used === blockRows) spill()
        else {
          const larger = new Float64Array(Math.min(blockRows, used * 4))
          larger.set(block)
          block = larger
        }
      }
      block[used++] = idHash(id)
    },
    repeated() {
      const last = block.subarray(0, used).sort()
      const runs = Array.from({ length: numBlocks }, (_, index) => blockOnDisk(descriptor!, index))
      return repeatedIn([...runs, blockInMemory(last)])
    },
    close() {
      if (descriptor === undefined) return
      closeSync(descriptor)
      unlinkSync(path)
      descriptor = undefined
    },
  }
}

/** Ascending values; `undefined` at the end. */
type Ascending = () => number | undefined

function blockInMemory(values: Float64Array): Ascending {
  let at = 0
  return () => values[at++]
}

function blockOnDisk(descriptor: number, index: number): Ascending {
  const values = new Float64Array(readEntries)
  const end = (index + 1) * blockRows
  let from = index * blockRows
  let at = readEntries
  return () => {
    if (at === readEntries) {
      if (from === end) return undefined
      readAll(descriptor, values, from * values.BYTES_PER_ELEMENT)
      from += readEntries
      at = 0
    }
    return values[at++]
  }
}

/** Merges ascending runs: a value that comes twice then stands next to its equal. */
function repeatedIn(runs: readonly Ascending[]): ReadonlySet<number> {
  const repeated = new Set<number>()
  const heads: { value: number; readonly next: Ascending }[] = []
  const sink = (index: number): void => {
    for (let at = index; ;) {
      let least = at
      for (let child = 2 * at + 1; child <= 2 * at + 2 && child < heads.length; child++)
        if (heads[child]!.value < heads[least]!.value) least = child
      if (least === at) return
      const head = heads[at]!
      heads[at] = heads[least]!
      heads[least] = head
      at = least
    }
  }
  for (const next of runs) {
    const value = next()
    if (value !== undefined) heads.push({ value, next })
  }
  for (let index = heads.length >> 1; index >= 0; index--) sink(index)
  let before = -1
  for (let top = heads[0]; top !== undefined; top = heads[0]) {
    if (top.value === before) repeated.add(before)
    before = top.value
    const value = top.next()
    if (value === undefined) {
      const last = heads.pop()!
      if (last !== top) heads[0] = last
    } else top.value = value
    sink(0)
  }
  return repeated
}

function writeAll(descriptor: number, values: Float64Array): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  for (let from = 0; from < bytes.length;) from += writeSync(descriptor, bytes, from)
}

function readAll(descriptor: number, values: Float64Array, position: number): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  for (let from = 0; from < bytes.length;) {
    const read = readSync(descriptor, bytes, from, bytes.length - from, position + from)
    if (read === 0) throw new Error('the list of row ids on disk is cut short')
    from += read
  }
}

/** 53 bits of a text: cyrb53 by bryc (public domain). */
export function idHash(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
