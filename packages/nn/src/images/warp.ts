import type { PixelImage } from '@etsef/plugin-api'
import { reflect, type Border } from './border.js'

/** A turn, a mirroring and a magnification about the centre. */
export interface Warp {
  /** Counter-clockwise as seen, in degrees. */
  readonly rotationDegrees: number
  /** Mirrors left and right. */
  readonly isFlipped: boolean
  /** Above 1 enlarges, below 1 shrinks (and shows the border). In (0, inf). */
  readonly zoom: number
}

/**
 * The picture turned, mirrored and magnified about its centre, on the same canvas: flip first, then zoom and turn.
 *
 * Bilinear with pixel centres at half integers, so that a turn by 0, 90 or 180 degrees (square pictures) and a flip move pixels exactly. Shrinking
 * below about 0.5 would need a low-pass filter, which this has not.
 *
 * @param image - `[height, width, channels]`, any dtype; left alone.
 * @returns float64 values in the range of the input, `[height, width, channels]`.
 */
export function warpImage(
  { shape: [height, width, channels], data }: PixelImage,
  { rotationDegrees, isFlipped, zoom }: Warp,
  border: Border,
): Float64Array {
  const { cos, sin } = unitVector(rotationDegrees)
  const warped = new Float64Array(data.length)
  const [centreX, centreY] = [width / 2, height / 2]
  const isBlack = border === 'black'
  const side = isFlipped ? -1 : 1
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const dx = (column + 0.5 - centreX) / zoom
      const dy = (row + 0.5 - centreY) / zoom
      const x = centreX + side * (cos * dx - sin * dy) - 0.5
      const y = centreY + sin * dx + cos * dy - 0.5
      const left = Math.floor(x)
      const top = Math.floor(y)
      // Shares of the two columns and the two rows that the point lies between; nothing comes from beyond a black border.
      const share0 = isBlack && isOutside(left, width) ? 0 : 1 + left - x
      const share1 = isBlack && isOutside(left + 1, width) ? 0 : x - left
      const shareTop = isBlack && isOutside(top, height) ? 0 : 1 + top - y
      const shareBottom = isBlack && isOutside(top + 1, height) ? 0 : y - top
      const column0 = reflect(left, width)
      const column1 = reflect(left + 1, width)
      const rowTop = reflect(top, height) * width
      const rowBottom = reflect(top + 1, height) * width
      const to = (row * width + column) * channels
      for (let channel = 0; channel < channels; channel++) {
        const upper =
          share0 * data[(rowTop + column0) * channels + channel]! +
          share1 * data[(rowTop + column1) * channels + channel]!
        const lower =
          share0 * data[(rowBottom + column0) * channels + channel]! +
          share1 * data[(rowBottom + column1) * channels + channel]!
        warped[to + channel] = shareTop * upper + shareBottom * lower
      }
    }
  }
  return warped
}

function isOutside(index: number, size: number): boolean {
  return index < 0 || index >= size
}

/** Exact for multiples of 90 degrees, where `Math.cos` is not. */
function unitVector(degrees: number): { readonly cos: number; readonly sin: number } {
  const quarters = (((degrees / 90) % 4) + 4) % 4
  if (Number.isInteger(quarters)) return { cos: [1, 0, -1, 0][quarters]!, sin: [0, 1, 0, -1][quarters]! }
  return { cos: Math.cos((degrees * Math.PI) / 180), sin: Math.sin((degrees * Math.PI) / 180) }
}
