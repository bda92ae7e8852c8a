import type { PixelImage } from '@etsef/plugin-api'

const [numRows, numColumns] = [16, 17]
/**
 * Bits of a hash, of 256, that may differ in another encoding or size of one picture. Of brain and fundus pictures that were made smaller by a
 * fifth and coded as JPEG, nine of ten differ by at most 11; the nearest other picture, by 14 and more.
 */
const maxDistance = 12
/** Fewer set bits have too little pattern to tell pictures apart. */
const fewestBits = 24

/**
 * Difference hash of a picture's greys, as 64 hexadecimal digits: bit `16 r + c` is set where cell `c + 1` of row `r` is brighter than cell `c`, of
 * 16 × 17. It changes little with size, brightness, contrast and compression; it tells nothing of a picture but where it gets brighter.
 *
 * @see Krawetz 2013, Kind of like that (dHash).
 */
export function pictureHash(image: PixelImage): string {
  const cells = cellsOf(image)
  const least = Math.min(...cells)
  const spread = Math.max(...cells) - least
  // Steps of a 256th of the picture's own range: what differs by less is compression noise, not pattern.
  const steps = cells.map((value) => (spread > 0 ? Math.round(((value - least) / spread) * 255) : 0))
  let digits = ''
  for (let row = 0; row < numRows; row++) {
    for (let column = 0; column < numColumns - 1; column += 4) {
      let digit = 0
      for (let bit = 0; bit < 4; bit++) {
        const at = row * numColumns + column + bit
        if (steps[at + 1]! > steps[at]!) digit |= 1 << bit
      }
      digits += digit.toString(16)
    }
  }
  return digits
}

/** Whether a picture is nearly one of those whose hashes are given. */
export function isNearOneOf(hash: string, hashes: readonly string[]): boolean {
  const table = hashTable()
  for (const each of hashes) table.add(each)
  return table.findNear(hash) >= 0
}

/** Hashes that others are looked up among. */
export interface HashTable {
  /** Takes a hash; its position is the number of those before it. */
  add(hash: string): void
  /** Position of the first that a hash is nearly; -1 of none, and for a picture of too little pattern. */
  findNear(hash: string): number
}

/** An empty {@link HashTable}. */
export function hashTable(): HashTable {
  const known: Uint32Array[] = []
  return {
    add(hash) {
      known.push(wordsOf(hash))
    },
    findNear(hash) {
      const words = wordsOf(hash)
      if (setBits(words) < fewestBits) return -1
      return known.findIndex((other) => isWithin(words, other))
    },
  }
}

function wordsOf(hash: string): Uint32Array {
  return Uint32Array.from({ length: hash.length / 8 }, (_, at) => parseInt(hash.slice(8 * at, 8 * at + 8), 16))
}

function isWithin(a: Uint32Array, b: Uint32Array): boolean {
  let distance = 0
  for (let at = 0; at < a.length && distance <= maxDistance; at++) distance += bitsOf(a[at]! ^ b[at]!)
  return distance <= maxDistance
}

function setBits(words: Uint32Array): number {
  return words.reduce((sum, word) => sum + bitsOf(word), 0)
}

function bitsOf(word: number): number {
  let bits = 0
  for (; word !== 0; word &= word - 1) bits++
  return bits
}

/** Mean grey of each cell, row by row; pixels on an edge count by the share that is in the cell. */
function cellsOf({ shape: [height, width, channels], data }: PixelImage): number[] {
  const [rows, columns] = [sharesOf(height, numRows), sharesOf(width, numColumns)]
  const cells = new Float64Array(numRows * numColumns)
  const line = new Float64Array(width)
  rows.forEach((inRow, row) => {
    for (const [y, down] of inRow) {
      line.fill(0)
      for (let x = 0, at = y * width * channels; x < width; x++)
        for (let channel = 0; channel < channels; channel++, at++) line[x]! += data[at]!
      columns.forEach((inColumn, column) => {
        for (const [x, across] of inColumn) cells[row * numColumns + column]! += down * across * line[x]!
      })
    }
  })
  return [...cells]
}

/** Pixels of each of `count` equal parts of a line, each with its share of the part. */
function sharesOf(length: number, count: number): readonly (readonly (readonly [at: number, share: number])[])[] {
  return Array.from({ length: count }, (_, part) => {
    const [start, end] = [(part * length) / count, ((part + 1) * length) / count]
    const first = Math.floor(start)
    return Array.from({ length: Math.ceil(end) - first }, (_at, offset) => {
      const at = first + offset
      return [at, ((Math.min(at + 1, end) - Math.max(at, start)) * count) / length] as const
    })
  })
}
