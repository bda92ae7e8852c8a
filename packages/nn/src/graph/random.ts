/** 32-bit FNV-1a hash of a string's UTF-16 code units (equal to the byte hash for ASCII names). */
export function hashString(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** MurmurHash3's 32-bit finaliser: a bijection that scatters neighbouring integers. */
export function mixBits(value: number): number {
  let h = value >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * Seeded source of uniform numbers in [0, 1), 32 bits each: a counter through {@link mixBits}, so that streams of different
 * seeds do not depend on each other.
 */
export function uniformStream(seed: number): () => number {
  let counter = mixBits(seed ^ 0x6a09e667)
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0
    return mixBits(counter) / 0x1_0000_0000
  }
}

/** Seeded source of standard normal numbers (Box–Muller). */
export function normalStream(seed: number): () => number {
  const uniform = uniformStream(seed)
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
