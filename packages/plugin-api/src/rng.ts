/** A seeded generator. Equal seeds give equal sequences on every machine. */
export interface Rng {
  /** Uniform in [0, 1), 32 bits of randomness. */
  next(): number
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number
  /** Uniform integer in [0, bound). */
  integer(bound: number): number
  /** Standard normal (Box–Muller). */
  normal(): number
  /** A new array with the items in random order (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[]
  /** An independent generator for a named part of the work; does not advance this one. */
  fork(...labels: readonly (string | number)[]): Rng
}

/**
 * A generator for a seed and labels: the same seed and labels give the same sequence, whatever else is drawn.
 *
 * @param seed - Any string or number.
 * @param labels - Names the part of the work that draws, e.g. `'epoch', 3`.
 * @see sfc32 by Chris Doty-Humphrey (PractRand); seeded through a 128-bit FNV-like mix of the text.
 */
export function createRng(seed: string | number, ...labels: readonly (string | number)[]): Rng {
  const text = [seed, ...labels].join('\u0000')
  const next = sfc32(...mix(text))
  const uniform = (low: number, high: number): number => low + (high - low) * next()
  const integer = (bound: number): number => Math.floor(next() * bound)
  return {
    next,
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle: (items) => {
      const shuffled = [...items]
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
      }
      return shuffled
    },
    fork: (...more) => createRng(text, ...more),
  }
}

function sfc32(a: number, b: number, c: number, d: number): () => number {
  const step = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 4294967296
  }
  for (let i = 0; i < 12; i++) step()
  return step
}

/** Four 32-bit words from a text (cyrb128). */
function mix(text: string): [number, number, number, number] {
  let [h1, h2, h3, h4] = [1779033703, 3144134277, 1013904242, 2773480762]
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i)
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067)
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233)
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213)
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179)
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067)
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233)
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213)
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179)
  return [h1 ^ h2 ^ h3 ^ h4, h2 ^ h1, h3 ^ h1, h4 ^ h1]
}
