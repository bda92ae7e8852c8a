import type { PixelImage } from '@etsef/plugin-api'
import { areaResize } from './area-resize.js'

/** Side of the thumbnail that correlations are computed on. */
export const thumbnailSide = 32
/** Bits of the hash: 16 rows of 16 comparisons. */
export const hashBits = 256

/** What two pictures are compared by; 1,056 bytes. */
export interface Fingerprint {
  /** Difference hash, 256 bits in 8 words: bit `16 r + c` is set where cell `c + 1` of row `r` is brighter than cell `c`. */
  readonly hash: Uint32Array
  /** Grey picture of 32 × 32, stretched from its own minimum (0) to its own maximum (255). */
  readonly thumbnail: Uint8Array
  /** Whether all of the thumbnail is one grey: such a picture has no pattern to compare. */
  readonly isFlat: boolean
}

/**
 * Difference hash and thumbnail of a picture.
 *
 * Both are taken of ITU-601 grey, averaged over the area of each cell (17 × 16 cells for the hash). Neither changes with size, or with
 * brightness and contrast as long as no grey is cut off, and little with compression; both change with crops, flips and turns, and with greys that are cut
 * off or bent: of slices darkened by 30, with black cut off, a quarter is found again (README).
 *
 * @param image - Any dtype and number of channels; with three and more the first three are red, green, blue.
 * @see Krawetz 2013, Kind of like that (dHash), here with 16 × 16 bits.
 */
export function fingerprint(image: PixelImage): Fingerprint {
  const [height, width] = image.shape
  const grey = greyOf(image)
  const cells = stretch(areaResize(grey, [height, width], [16, 17]))
  const hash = new Uint32Array(hashBits / 32)
  for (let row = 0; row < 16; row++) {
    for (let column = 0; column < 16; column++) {
      const at = row * 17 + column
      const bit = row * 16 + column
      if (cells.values[at + 1]! > cells.values[at]!) hash[bit >>> 5]! |= 1 << (bit & 31)
    }
  }
  const { values: thumbnail, isFlat } = stretch(areaResize(grey, [height, width], [thumbnailSide, thumbnailSide]))
  return { hash, thumbnail, isFlat }
}

function greyOf({ shape: [height, width, channels], data }: PixelImage): Float32Array {
  const grey = new Float32Array(height * width)
  for (let i = 0; i < grey.length; i++) {
    const at = i * channels
    grey[i] = channels < 3 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!
  }
  return grey
}

/** Whole numbers from 0 at the smallest value to 255 at the largest: what differs by less is compression noise, not pattern. */
function stretch(values: Float32Array): { readonly values: Uint8Array; readonly isFlat: boolean } {
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const isFlat = !(high > low)
  const factor = isFlat ? 0 : 255 / (high - low)
  return { values: Uint8Array.from(values, (value) => Math.round((value - low) * factor)), isFlat }
}
