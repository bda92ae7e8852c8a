import { alikeDefaults } from './alike-defaults.js'
import { hashBits, thumbnailSide, type Fingerprint } from './fingerprint.js'

/** When two pictures count as near-duplicates. */
export interface AlikeOptions {
  /** At most so many of the 256 bits differ; default 20. */
  readonly maxDistance?: number
  /** Least Pearson correlation of the 32 × 32 thumbnails; default 0.985. */
  readonly minCorrelation?: number
}

/** Two pictures that are nearly the same. */
export interface AlikePair {
  readonly a: number
  readonly b: number
  /** Bits that differ. */
  readonly distance: number
  readonly correlation: number
}

const words = hashBits / 32
const pixels = thumbnailSide * thumbnailSide

/** A growing table of fingerprints, 1,064 bytes each, that finds near-duplicates. */
export interface FingerprintTable {
  add(print: Fingerprint): void
  readonly size: number
  /**
   * Calls `visit` with every pair of near-duplicates, `a < b`, in an order that depends on the pictures only.
   *
   * Exact: no pair within both bounds is missed, but for those that `isSettled` waives. Pictures of one grey are never alike.
   * Pairs are compared in order of the number of set bits, since hashes whose counts differ by more than the bound cannot be near.
   */
  findPairs(
    visit: (pair: AlikePair) => void,
    options?: AlikeOptions & {
      /** Whether a pair need not be looked at; keeps large groups of equal pictures from costing all their pairs. */
      readonly isSettled?: (a: number, b: number) => boolean
      /** Called now and then with the number of pictures done; may throw to stop. */
      readonly onProgress?: (done: number) => void
    },
  ): void
}

/** An empty {@link FingerprintTable}. */
export function fingerprintTable(capacity: number): FingerprintTable {
  const hashes = new Uint32Array(capacity * words)
  const thumbnails = new Uint8Array(capacity * pixels)
  const means = new Float64Array(capacity)
  const norms = new Float64Array(capacity)
  let size = 0
  return {
    add({ hash, thumbnail, isFlat }) {
      hashes.set(hash, size * words)
      thumbnails.set(thumbnail, size * pixels)
      const mean = thumbnail.reduce((sum, value) => sum + value, 0) / pixels
      means[size] = mean
      // 0 marks a picture without pattern.
      norms[size] = isFlat ? 0 : Math.sqrt(thumbnail.reduce((sum, value) => sum + (value - mean) ** 2, 0))
      size++
    },
    get size() {
      return size
    },
    findPairs(visit, options = {}) {
      const { maxDistance, minCorrelation, isSettled, onProgress } = { ...alikeDefaults, ...options }
      const counts = Uint16Array.from({ length: size }, (_, i) => setBits(hashes, i))
      const order = [...counts.keys()].filter((i) => norms[i]! > 0).sort((a, b) => counts[a]! - counts[b]! || a - b)
      // Hashes in that order, so that the inner loop reads memory from front to back.
      const sorted = new Uint32Array(order.length * words)
      order.forEach((i, at) => {
        sorted.set(hashes.subarray(i * words, (i + 1) * words), at * words)
      })
      let end = 0
      for (let i = 0; i < order.length; i++) {
        if (i % 256 === 0) onProgress?.(i)
        while (end < order.length && counts[order[end]!]! - counts[order[i]!]! <= maxDistance) end++
        for (let j = i + 1; j < end; j++) {
          const distance = distanceWithin(sorted, i * words, j * words, maxDistance)
          if (distance > maxDistance) continue
          const [a, b] = order[i]! < order[j]! ? [order[i]!, order[j]!] : [order[j]!, order[i]!]
          if (isSettled?.(a, b)) continue
          const correlation = correlationOf(a, b)
          if (correlation >= minCorrelation) visit({ a, b, distance, correlation })
        }
      }
    },
  }

  function correlationOf(a: number, b: number): number {
    let products = 0
    for (let k = 0; k < pixels; k++) products += thumbnails[a * pixels + k]! * thumbnails[b * pixels + k]!
    return (products - pixels * means[a]! * means[b]!) / (norms[a]! * norms[b]!)
  }
}

/** Bits in which two hashes differ; once above the bound, any number above it. */
function distanceWithin(hashes: Uint32Array, a: number, b: number, bound: number): number {
  let distance = 0
  for (let w = 0; w < words; w++) {
    distance += popcount(hashes[a + w]! ^ hashes[b + w]!)
    if (distance > bound) return distance
  }
  return distance
}

function setBits(hashes: Uint32Array, row: number): number {
  let count = 0
  for (let w = 0; w < words; w++) count += popcount(hashes[row * words + w]!)
  return count
}

function popcount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555)
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
