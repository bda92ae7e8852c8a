import { gaussianBlur, warpImage, type Border, type Warp } from '@etsef/nn/images'
import type { PixelImage } from '@etsef/plugin-api'

/** What is done to one copy of an image; everything is 'nothing' at rotationDegrees 0, isFlipped false, zoom 1, blurSigma 0. */
export interface Augmentation extends Warp {
  /** Standard deviation of the Gaussian in pixels; 0 for none. */
  readonly blurSigma: number
}

/**
 * The image after flip, zoom and rotation in one resampling, then blur; rounded once, at the end.
 *
 * @param image - Any dtype and number of channels; left alone.
 * @returns A new image of the same shape and dtype.
 */
export function augmentPixels(image: PixelImage, augmentation: Augmentation, border: Border): PixelImage {
  const warped = warpImage(image, augmentation, border)
  const values =
    augmentation.blurSigma > 0 ? gaussianBlur(warped, image.shape, { sigma: augmentation.blurSigma }) : warped
  return { dtype: image.dtype, shape: image.shape, data: cast(values, image.dtype) }
}

function cast(values: Float64Array, dtype: PixelImage['dtype']): PixelImage['data'] {
  if (dtype === 'float32') return new Float32Array(values)
  // Values are averages of pixels, so they are within the range already. (A loop: `from` with a mapping is ten times slower.)
  const rounded = dtype === 'uint8' ? new Uint8Array(values.length) : new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) rounded[i] = Math.round(values[i]!)
  return rounded
}
