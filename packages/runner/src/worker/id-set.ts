/** A set of texts that keeps 53 bits of each: a few bytes per entry, whatever the length of the texts. */
export interface IdSet {
  /** Adds a text. @returns False when it was there. */
  add(id: string): boolean
  readonly size: number
}

/** An empty set. Two different texts count as one with a chance of 1 in 10¹⁵ per pair. */
export function createIdSet(): IdSet {
  let table = new Float64Array(1024)
  let size = 0
  const insert = (into: Float64Array, hash: number): boolean => {
    let at = hash % into.length
    while (into[at] !== 0) {
      if (into[at] === hash) return false
      at = (at + 1) % into.length
    }
    into[at] = hash
    return true
  }
  return {
    get size() {
      return size
    },
    add(id) {
      if (size * 2 >= table.length) {
        const larger = new Float64Array(table.length * 2)
        for (const hash of table) if (hash !== 0) insert(larger, hash)
        table = larger
      }
      if (!insert(table, hash53(id))) return false
      size++
      return true
    },
  }
}

/** cyrb53 by bryc (public domain), never 0. */
function hash53(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0) + 1
}
