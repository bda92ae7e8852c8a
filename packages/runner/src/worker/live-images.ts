import { createKeptPictures, type KeptPictures } from './kept-pictures.js'

/** Images that may be decoded at one time. More would not be faster: decoding has four threads. */
export const maxLiveImages = 16

/** The images that are being decoded; whatever an operation asks for at once, only {@link maxLiveImages} of them are. */
export interface LiveImages {
  /** Images that are being decoded now. */
  readonly current: number
  /** Most images at one time so far. */
  readonly peak: number
  /** Those that further views are made of. */
  readonly kept: KeptPictures
  /** Decodes an image when its turn comes, in the order of asking. */
  decode<T>(work: () => Promise<T>): Promise<T>
}

/** No images yet. */
export function createLiveImages(limit = maxLiveImages): LiveImages {
  let waiting: (() => void)[] = []
  let numCalled = 0
  let current = 0
  let peak = 0
  return {
    kept: createKeptPictures(),
    get current() {
      return current
    },
    get peak() {
      return peak
    },
    async decode(work) {
      if (current < limit) current++
      // A decode that ends starts the next one waiting, so the number of images at work stays the same.
      else await new Promise<void>((resolve) => waiting.push(resolve))
      peak = Math.max(peak, current)
      try {
        return await work()
      } finally {
        const next = waiting[numCalled]
        if (next) {
          numCalled++
          next()
        } else current--
        if (numCalled > 1024 && 2 * numCalled > waiting.length) {
          waiting = waiting.slice(numCalled)
          numCalled = 0
        }
      }
    },
  }
}
